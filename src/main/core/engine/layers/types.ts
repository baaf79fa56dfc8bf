import type { Activation, PlainLayerSpec } from '#shared/model-spec.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import type { Value } from '../graph/types.ts';
import type { Initializer } from '../initializers.ts';
import type { Field } from '../inspect/receptive-field.ts';

/** Without the batch axis, in Keras' order: [height, width, channels] or [units]. */
export type FeatureShape = readonly number[];

/** Where a layer stands, for its rules and for its errors. */
export interface LayerPlace {
  name: string;
  /** Name of the layer before, null for the first. */
  previous: string | null;
  input: FeatureShape;
  classes: number;
  /** It, or a block around it, is not to learn. */
  frozen: boolean;
}

export interface ParameterSpec {
  name: string;
  /** As stored: kernels of convolutions are [filters, channels, height, width]. */
  shape: readonly number[];
  initializer: Initializer;
  /** Statistics are moving averages: counted as parameters, not trained. */
  kind: 'weight' | 'statistic';
  /** It alone stays as it is, in a layer whose other parameters may learn. */
  frozen?: boolean;
  /** Its learning rate is the training's times this; 1 unless said. */
  rate?: number;
  /** Adds l2 · Σ w² to what is minimised. */
  l2?: number;
}

/** A map inside of a pretrained network. */
export interface InnerMap {
  /** The value's name in the file. */
  name: string;
  /** The operator as the file has it. */
  op: string;
  /** [height, width, channels] */
  shape: FeatureShape;
  /** The weights that a convolution computes with: its kernel [filters, channels, height, width]. */
  kernel: ParameterSpec | null;
  /** Name of its bias. */
  bias: string | null;
  /** What each place of it sees of the image; null where it sees everything. */
  field: Field | null;
  /** It reads the prepared pixels themselves, in the order red, green, blue. */
  seesImage: boolean;
}

export interface BuildContext {
  b: GraphBuilder;
  /** With batch statistics and dropout, or as the finished model answers. */
  training: boolean;
  /** The layer's parameter called `name`. */
  parameter(name: string): Value;
  /** Training only: 1 where a number is kept, 0 where it is dropped; float32 of `shape`. */
  keepMask(shape: readonly number[], rate: number): Value;
  /** Training only: the statistic's value after this step. */
  updateStatistic(name: string, value: Value): void;
  /** Told each value inside of a pretrained network, by its name there. */
  onInner?: ((name: string, value: Value) => void) | undefined;
}

/** Everything the engine knows of one layer type. */
export interface LayerDef<Spec extends PlainLayerSpec = PlainLayerSpec> {
  /** As Keras calls the class; shown in summaries. */
  className: string;
  /** As Keras begins automatic names. */
  autoName: string;
  /** Shape of the output. Throws MODEL_INVALID, explained, if the input does not fit. */
  output(spec: Spec, place: LayerPlace): FeatureShape;
  parameters(spec: Spec, place: LayerPlace): ParameterSpec[];
  /** Multiply-adds for one image; none unless said. */
  macs?(spec: Spec, place: LayerPlace): number;
  /** Adds the layer without its activation. `x` is NCHW or [N, units]. */
  build(context: BuildContext, spec: Spec, x: Value, place: LayerPlace): Value;
  /** Of a pretrained network: its values that are maps of the image. */
  inner?(spec: Spec, place: LayerPlace): InnerMap[];
  /** Applied after it; may be moved behind a following max pool. */
  activation(spec: Spec): Activation;
}
