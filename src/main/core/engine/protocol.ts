/**
 * What the core asks of the training engine. The engine is a process of its own (worker.ts under a
 * plain Node executable, see docs/architecture.md for why); `supervisor.ts` implements this
 * interface on the core's side. Everything here survives structured cloning, and nothing here
 * knows of projects, SQLite or image files.
 */
import type { ModelSpec } from '#shared/model-spec.ts';
import type { Checkpoint, EpochMetrics } from '#shared/contract/index.ts';

export type BackendId = 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml' | 'tensorflow';

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
  /** A tensor pack on disk, or the rows themselves (a handful of images to predict). */
  /** A pack has no header: slot `s` starts at byte `s * height * width * channels`. */
  source: { kind: 'pack'; file: string } | { kind: 'inline'; data: Uint8Array };
  /** Row of each image within the source, in the order that the caller wants answers. */
  slots: Uint32Array;
  /** Class index of each image, -1 where unknown; same length as `slots`. */
  labels: Int32Array;
}

export interface TrainJob {
  /** Folder of the run; the engine writes `checkpoints/` inside it. */
  runDir: string;
  spec: ModelSpec;
  classNames: string[];
  train: TensorSet;
  validation: TensorSet | null;
  epochs: number;
  batch: number;
  learningRate: number;
  seed: number;
  backend: BackendId | 'auto';
  /**
   * Go on after the last checkpoint in `runDir`, whose spec, data, batch and seed must be these: what
   * comes out is what would have come without the pause, to the bit on the CPU.
   */
  resume?: boolean;
}

export type TrainEvent =
  /** `auto` times a backend on this model first. */
  | { type: 'measure'; label: string }
  /** What `auto` took and why, where there was a choice: 'WebGPU: 2,900 images/s; CPU …' */
  | { type: 'choice'; text: string }
  /** A backend failed; another one goes on after the last checkpoint. */
  | { type: 'fallback'; from: BackendId; to: BackendId; text: string }
  | { type: 'start'; backend: BackendId; label: string; parameters: number; compileSeconds: number }
  | {
      type: 'batch';
      epoch: number;
      step: number;
      stepsPerEpoch: number;
      loss: number;
      accuracy: number;
      imagesPerSecond: number;
      etaSeconds: number | null;
    }
  /** First of a resumed training: the epoch that it goes on after. */
  | { type: 'resume'; metrics: EpochMetrics; best: boolean }
  /** Comes after the epoch's checkpoints are safely on disk. */
  | { type: 'epoch'; metrics: EpochMetrics; best: boolean };

export interface TrainResult {
  outcome: 'done' | 'stopped';
  epochs: number;
  bestEpoch: number;
  parameters: number;
  seconds: number;
}

export interface TrainHandle {
  /** Finish the current epoch, then end as 'stopped'. */
  stop(): void;
  /** Rejects with CANCELLED when the signal aborts, ENGINE_FAILED when the process dies. */
  result: Promise<TrainResult>;
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

export interface ExportOnnxJob {
  runDir: string;
  checkpoint: Checkpoint;
  /** File to write. */
  file: string;
  classNames: string[];
  /** Written to the model's metadata_props. */
  metadata: Record<string, string>;
}

export interface Engine {
  /** With the speeds of the benchmark model, where it was measured before. */
  info(): Promise<EngineInfo>;
  /** Looks for backends anew and times each on the benchmark model; some seconds a backend. */
  measure(options?: MeasureOptions): Promise<EngineInfo>;
  /** What `auto` would take for this work, from what was timed before; takes no time. */
  choose(work: Work): Promise<EngineChoice>;
  /** Throws MODEL_INVALID. */
  memoryNeed(work: Omit<Work, 'batch'>): Promise<MemoryNeed>;
  train(job: TrainJob, onEvent: (event: TrainEvent) => void, signal?: AbortSignal): TrainHandle;
  /** Class probabilities from a checkpoint of a run; rows in the order of `set.slots`. */
  predict(
    job: { runDir: string; checkpoint: Checkpoint; set: TensorSet; batch?: number },
    options?: CallOptions,
  ): Promise<Probabilities>;
  exportOnnx(job: ExportOnnxJob, options?: CallOptions): Promise<{ bytes: number }>;
  /** Runs an exported file by itself, fed with uint8 images and nothing else. */
  runExported(
    job: { file: string; set: TensorSet; batch?: number },
    options?: CallOptions,
  ): Promise<Probabilities>;
  close(): Promise<void>;
}

/** Files of a run folder that the engine owns. */
export const runFiles = {
  /** The spec with everything resolved: class count, names, seed; enough to rebuild the graph. */
  model: 'model.json',
  checkpoint: (which: Checkpoint) => `checkpoints/${which}.safetensors`,
};
