/** A foreign model: read from its file, checked, and ready to be added to a graph. */
import type { ModelSpec } from '#shared/model-spec.ts';
import type { FloatTensor } from '../checkpoint/safetensors.ts';
import type { Preprocessing } from '#shared/preprocessing.ts';
import type { DType, Shape, TensorData, Value } from '../graph/types.ts';

/** What a model takes. `null` sizes are free. */
export interface ImportedInput {
  name: string;
  layout: 'nchw' | 'nhwc';
  channels: number;
  height: number | null;
  width: number | null;
  /** A batch that was fixed when the file was written; models run with any other as well. */
  batch: number | null;
}

/** A list of numbers, text or a tensor, as the file has it. */
export type ImportedAttribute = number | string | readonly number[] | KnownTensor;

/** Numbers that are known without an image. */
export interface KnownTensor {
  dtype: DType;
  dims: readonly number[];
  /** As plain numbers, whatever the type: shape arithmetic stays far below 2⁵³. */
  data: ArrayLike<number>;
}

/** An operator as its file names it; `replay` knows how to say it with ours. */
export interface ImportedNode {
  /** The file's operator ('HardSwish'), which may become several of ours. */
  op: string;
  /** Names of values; empty where an optional one is left out. */
  inputs: readonly string[];
  /** The first one is what a cut is called. */
  outputs: readonly string[];
  attributes: Readonly<Record<string, ImportedAttribute>>;
  /** Of the first output: ['batch', 64, 56, 56]. Null for arithmetic on shapes and weights alone. */
  shape: Shape | null;
  /** Names of the weights and statistics that it computes with, also through arithmetic on them alone. */
  weights: readonly string[];
  /** False where no gradient can flow back through it: all that is to learn lies above it. */
  gradient: boolean;
}

export interface ImportedGraph {
  input: ImportedInput;
  /** In topological order. */
  nodes: readonly ImportedNode[];
  /** float32, by name: what can be trained, and the statistics of batch normalisation. */
  weights: ReadonlyMap<string, TensorData>;
  /** Those of `weights` that are no parameters. */
  statistics: ReadonlySet<string>;
  /** Everything else that the file holds: shapes, bounds, small constants. */
  constants: ReadonlyMap<string, KnownTensor>;
  /** Those outputs of the file that can be computed. */
  outputs: readonly string[];
  /** What the classifier reads: where to cut unless told otherwise. */
  cut: string;
  metadata: {
    producer: string;
    opset: number;
    /** 'resnet' and the like, where structure or names tell. */
    family: string | null;
    /** What the family is usually given; a proposal. */
    preprocessing: Preprocessing | null;
    /** Names of the classifier's outputs, where the file has them. */
    classes: readonly string[] | null;
  };
}

/** Which nodes normalise by the batch, and who is told what their running statistics become. */
export interface BatchStatistics {
  of(node: ImportedNode): boolean;
  update(name: string, value: Value): void;
}

export interface ReplayOptions {
  /** Name of the value to compute: one of `outputs` of a node. */
  cut: string;
  /** Asked once for each weight and statistic that is needed, by its name in `weights`. */
  parameter(name: string): Value;
  /** In training: batch normalisation by each batch's own statistics; by the file's unless given. */
  batchStatistics?: BatchStatistics | undefined;
  /** Told every value of a node that works on the image. */
  onValue?: ((name: string, value: Value) => void) | undefined;
}

/** A whole model that another program trained. */
export interface ForeignModelRead {
  spec: ModelSpec;
  /** In the order of its outputs. */
  classNames: string[];
  parameters: ReadonlyMap<string, FloatTensor>;
}
