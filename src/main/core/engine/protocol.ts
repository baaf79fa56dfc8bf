/**
 * What the core asks of the training engine. The engine is a process of its own (worker.ts under a
 * plain Node executable, see docs/architecture.md for why); `supervisor.ts` implements this
 * interface on the core's side. Everything here survives structured cloning, and nothing here
 * knows of projects, SQLite or image files.
 */
import type { AugmentationSpec } from '#shared/augmentation.ts';
import type { EngineName } from '#shared/engine-names.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import type { Checkpoint, ExportFormat } from '#shared/contract/index.ts';
import type { BackboneFiles } from './backbones/backbones.ts';
import type { BackboneOutline } from './backbones/outline.ts';
import type { InspectOptions, InspectTask, InspectTasks, Subject } from './inspect/tasks.ts';
import type {
  RateJob,
  RatePoint,
  RateSweep,
  TrainEvent,
  TrainHandle,
  TrainJob,
} from './train-job.ts';
import type { SlideJob, SlideResult } from './workbench/job.ts';

export * from './train-job.ts';

export type BackendId = Exclude<EngineName, 'auto'>;

export interface BackendStatus {
  id: BackendId;
  /** 'CPU · 2 threads' */
  label: string;
  available: boolean;
  /** Why it is chosen, or why it is not. */
  reason: string;
  /** Of training steps, where they were timed. */
  imagesPerSecond: number | null;
}

/** What `auto` means. */
export interface EngineChoice {
  /** The fastest; the CPU where nothing was timed. */
  chosen: BackendId;
  label: string;
  /** False where several work and not all were timed on this model. */
  decided: boolean;
  backends: BackendStatus[];
}

export interface EngineInfo extends EngineChoice {
  versions: { node: string; onnxruntime: string };
}

/** What is to be trained, as far as speed and memory depend on it. */
export interface Work {
  spec: ModelSpec;
  classes: number;
  batch: number;
  backbones?: BackboneFiles | undefined;
}

/** Bytes of a training step: `least`, or `fixed` and `perImage` for each of a batch if that is more. */
export interface MemoryNeed {
  least: number;
  fixed: number;
  perImage: number;
}

/** Before a measurement: which of how many backends is next. */
export interface MeasureProgress {
  label: string;
  index: number;
  total: number;
}

export interface MeasureOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: MeasureProgress) => void) | undefined;
}

/** Decoded images: rows of uint8, height × width × channels (NHWC), addressed by slot. */
export interface TensorSet {
  height: number;
  width: number;
  channels: number;
  /** Rows of numbers in place of pixels: features of images, computed before. */
  values?: 'float32' | undefined;
  /**
   * A tensor pack on disk, or the rows themselves (a handful of images to predict). A pack has no
   * header: slot `s` starts at `s` times the bytes of a row.
   */
  source: { kind: 'pack'; file: string } | { kind: 'inline'; data: Uint8Array };
  /** Row of each image within the source, in the order that the caller wants answers. */
  slots: Uint32Array;
  /** Class index of each image, -1 where unknown; same length as `slots`. */
  labels: Int32Array;
  /** What random draws tell images apart by: their ids in the project. Their positions unless given. */
  images?: Uint32Array | undefined;
}

export interface Progress {
  done: number;
  total: number;
}

export interface CallOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** Row-major class probabilities, `images × classes`. */
export interface Probabilities {
  images: number;
  classes: number;
  data: Float32Array;
}

export interface ExportJob {
  runDir: string;
  checkpoint: Checkpoint;
  format: ExportFormat;
  /** Folder to write to. */
  directory: string;
  /** Base name for files. */
  name: string;
  classNames: string[];
  /** Where the model comes from, written into the file. */
  metadata: Record<string, string>;
  /** Images that the numbers of an integer model are chosen by. */
  calibration?: TensorSet | undefined;
}

/** What came back from written files that the app cannot run. */
export interface ContentsCheck {
  /** Numbers that the model needs, found in the files with the values that it has. */
  tensors: number;
  /** Largest difference of any of them; 1 where one is missing or is no number. */
  maxDifference: number;
}

/** What a model's first layers make of images. */
export interface FeatureJob {
  spec: Pick<ModelSpec, 'name' | 'input' | 'layers'>;
  /** How many of its layers; all of their weights are pretrained. */
  layers: number;
  backbones: BackboneFiles;
  set: TensorSet;
  /** How images are varied, as a training with this seed would in this epoch. */
  augment?: { spec: AugmentationSpec; seed: number; epoch: number } | undefined;
}

/** Of the images from position `from` of the set on, one row after the other. */
export interface FeatureRows {
  from: number;
  values: Float32Array;
}

/** Of one image: [numbers], or [channels, height, width]. */
export interface FeatureShape {
  shape: number[];
}

/** See the contract's `inspect.embedding`. */
export interface ArrangeSettings {
  neighbors: number;
  minDist: number;
  seed: number;
}

export interface ArrangeJob extends ArrangeSettings {
  set: TensorSet;
}

/** Vectors as points. */
export interface Plane {
  done: number;
  total: number;
  /** x, y of each. */
  points: Float32Array;
}

/** A pretrained network, to be read. */
export interface DescribeBackboneJob {
  /** Our own copy: written again with all weights inside, where they are in files beside `source`. */
  file: string;
  /** The file that it is a copy of. */
  source: string;
}

/** A model of another program, to be read into the folder of a run. */
export interface ImportModelJob {
  file: string;
  /** Gets the model and its weights as the `best` and the `last` checkpoint. */
  runDir: string;
  /** In the order of the model's outputs; else those that the file names, else `otherwise`. */
  classNames: string[] | null;
  otherwise: string[];
  /** What the model takes its pixels to be; null: what it looks like. */
  pixels: '0-1' | '0-255' | null;
  /** Of files that hold weights only: the model that they are for, unless the file says it. */
  spec: ModelSpec | null;
}

export interface ImportedModel {
  spec: ModelSpec;
  classNames: string[];
  /** As the spec counts them. */
  parameters: number;
}

/** Single draws of single images, as a training with this seed would make them. */
export interface AugmentJob {
  set: TensorSet;
  spec: AugmentationSpec;
  seed: number;
  draws: ImageDraw[];
}

export interface ImageDraw {
  /** Of the image within the set. */
  position: number;
  /** 1-based. */
  epoch: number;
  /** 0 to 1: every operation happens, this far into its range, whatever chance has it. */
  strength?: number | undefined;
}

export interface AugmentedImages {
  /** Rows of uint8, height × width × channels, one for each draw. */
  pixels: Uint8Array;
  /** For each draw, the operations that happened and what their range gave. */
  drawn: { operation: number; value: number }[][];
}

export interface Engine {
  /** With the speeds of the benchmark model, where it was measured before. */
  info(): Promise<EngineInfo>;
  /** Looks for backends anew and times each on the benchmark model; some seconds a backend. */
  measure(options?: MeasureOptions): Promise<EngineInfo>;
  /** What `auto` would take for this work, from what was timed before; takes no time. */
  choose(work: Work): Promise<EngineChoice>;
  /**
   * Times a few steps on made-up images, where this work was not timed before; some seconds. `choose`
   * knows the speed afterwards, unless the steps failed.
   */
  time(work: Work, backend: EngineName, signal?: AbortSignal): Promise<void>;
  /** Throws MODEL_INVALID. */
  memoryNeed(work: Omit<Work, 'batch'> & { prefix?: number | undefined }): Promise<MemoryNeed>;
  train(job: TrainJob, onEvent: (event: TrainEvent) => void, signal?: AbortSignal): TrainHandle;
  /** Tries out learning rates; points come as they are reached. */
  findRate(
    job: RateJob,
    onPoint: (point: RatePoint) => void,
    signal?: AbortSignal,
  ): Promise<RateSweep>;
  /** Class probabilities from a checkpoint of a run; rows in the order of `set.slots`. */
  predict(
    job: { runDir: string; checkpoint: Checkpoint; set: TensorSet; batch?: number },
    options?: CallOptions,
  ): Promise<Probabilities>;
  /** Answers the names of the files that it wrote. */
  exportModel(job: ExportJob, options?: CallOptions): Promise<{ files: string[] }>;
  /** Of files that the app cannot run: reads them again and compares the numbers inside. */
  readExported(job: ExportJob, options?: CallOptions): Promise<ContentsCheck>;
  /**
   * Reads a Keras or TensorFlow.js model, in a process of its own that ends with it.
   * @throws AppError SOURCE_UNREADABLE, MODEL_INVALID naming the first layer that is not supported
   */
  importModel(job: ImportModelJob, options?: CallOptions): Promise<ImportedModel>;
  /** Runs an exported file by itself, fed with uint8 images and nothing else. */
  runExported(
    job: { file: string; set: TensorSet; batch?: number },
    options?: CallOptions,
  ): Promise<Probabilities>;
  /** Rows come as they are computed, in the order of the set. */
  features(
    job: FeatureJob,
    onRows: (rows: FeatureRows) => void,
    options?: CallOptions,
  ): Promise<FeatureShape>;
  /** Reads a foreign model's file. Throws SOURCE_UNREADABLE or MODEL_INVALID, naming what is wrong. */
  describeBackbone(job: DescribeBackboneJob, options?: CallOptions): Promise<BackboneOutline>;
  /** The very images that training draws. */
  augment(job: AugmentJob, options?: CallOptions): Promise<AugmentedImages>;
  /** Looks into a checkpoint of a run, whatever trained it; steps come while it computes. */
  inspect<T extends InspectTask>(
    task: T,
    subject: Subject,
    input: InspectTasks[T]['input'],
    options?: InspectOptions<T>,
  ): Promise<InspectTasks[T]['output']>;
  /** Rows of numbers as points of a plane; points come as they get better. */
  arrange(job: ArrangeJob, onStep: (plane: Plane) => void, options?: CallOptions): Promise<Plane>;
  /** One convolution or pool on a few numbers or a picture. */
  slide(job: SlideJob, options?: CallOptions): Promise<SlideResult>;
  close(): Promise<void>;
}

/** 'resume': where to go on, while that is not the last one: in an epoch, or after early stopping. */
export type CheckpointFile = Checkpoint | 'resume';

/** Files of a run folder that the engine owns. */
export const runFiles = {
  /** The spec with everything resolved: class count, names, seed; enough to rebuild the graph. */
  model: 'model.json',
  checkpoint: (which: CheckpointFile) => `checkpoints/${which}.safetensors`,
  /** What unlabeled images are taken for in the round under way. */
  pseudoLabels: 'checkpoints/pseudo-labels.safetensors',
  /** See inspect/film. */
  film: 'film.json',
  frames: 'film.bin',
};
