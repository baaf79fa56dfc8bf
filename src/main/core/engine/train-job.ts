/** A training, as the core asks the engine for it: what goes in, what is told on the way, what comes out. */
import type { AugmentationSpec } from '#shared/augmentation.ts';
import type { AveragingSpec } from '#shared/averaging.ts';
import type { Checkpoint, EpochMetrics } from '#shared/contract/index.ts';
import type { FineTuningSpec } from '#shared/fine-tuning.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import type { EarlyStopSpec, ScheduleSpec } from '#shared/schedule.ts';
import type { UnlabeledSpec } from '#shared/unlabeled.ts';
import type { ViewsSpec } from '#shared/views.ts';
import type { BackboneFiles } from './backbones/backbones.ts';
import type { BackendId, TensorSet } from './protocol.ts';

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
  schedule: ScheduleSpec;
  earlyStop: EarlyStopSpec | null;
  seed: number;
  /** How training images are varied, drawn afresh each epoch; not at all unless given. */
  augment?: AugmentationSpec | null | undefined;
  /** The averaged weights are the ones that are validated and kept. */
  averaging?: AveragingSpec | null | undefined;
  /** How the model will look at images when it answers; validation looks once. */
  views?: ViewsSpec | null | undefined;
  /** How images of `train` without a label are learned from; there are none unless given. */
  unlabeled?: UnlabeledSpec | null | undefined;
  /** Epochs from one validation to the next, 1 unless given; the first and the last always are. */
  validateEvery?: number | undefined;
  backend: BackendId | 'auto';
  /** Bytes of images that may be held in memory; by default a quarter of this machine's. */
  imageMemory?: number | undefined;
  /** Whether the first filters, and a few feature maps of one image, are kept after each epoch. */
  film?: boolean | undefined;
  /** Where the pretrained networks of the spec lie, by the SHA-256 of each file. */
  backbones?: BackboneFiles | undefined;
  /** Its epochs after the first few, in which more of a pretrained network learns. */
  finetune?: FineTuningSpec | null | undefined;
  /** What takes the place of the images until then. */
  features?: TrainFeatures | undefined;
  /** Trained weights to begin with, unless it goes on after a checkpoint; random ones unless given. */
  start?: StartWeights | null | undefined;
  /** Threads that prepare batches; by default as many as pay. */
  dataThreads?: number | undefined;
  /**
   * Go on after the newest checkpoint in `runDir`, whose spec, data, batch and seed must be these:
   * what comes out is what would have come without the pause, to the bit on the CPU.
   */
  resume?: boolean;
  /** With `resume`, after early stopping: its patience counts from here. */
  patienceAnew?: boolean;
}

/** Another run's weights: of its first layers, as far as both models are alike (see start/match). */
export interface StartWeights {
  runDir: string;
  checkpoint: Checkpoint;
  /** Of each class of the new training, its place among the other run's; -1 where it had it not. */
  classes: readonly number[];
}

/** Answers of a model's first layers, where these never change: computed once. */
export interface TrainFeatures {
  /** How many layers. */
  layers: number;
  /** How often each training image is in `train`, varied otherwise each time: one after the other. */
  copies: number;
  train: TensorSet;
  validation: TensorSet | null;
}

export type TrainEvent =
  /** `auto` times a backend on this model first. */
  | { type: 'measure'; label: string }
  /** What `auto` took and why, where there was a choice: 'WebGPU: 2,900 images/s; CPU …' */
  | { type: 'choice'; text: string }
  /** A backend failed; another one goes on after the last checkpoint. */
  | { type: 'fallback'; from: BackendId; to: BackendId; text: string }
  | { type: 'start'; backend: BackendId; label: string; parameters: number; compileSeconds: number }
  /** More of a pretrained network learns from here on: another model is compiled. */
  | { type: 'finetune' }
  | {
      type: 'batch';
      epoch: number;
      step: number;
      stepsPerEpoch: number;
      /** Epochs so far, with the part of this one that is done. */
      at: number;
      loss: number;
      accuracy: number;
      imagesPerSecond: number;
      /** Share of the time in which the device waited for images, 0 to 1. */
      dataWait: number;
      etaSeconds: number | null;
    }
  /** First of a resumed training: the epoch that it goes on after, null within the first. */
  | { type: 'resume'; metrics: EpochMetrics | null; best: boolean }
  /** Comes after the epoch's checkpoints are safely on disk. */
  | { type: 'epoch'; metrics: EpochMetrics; best: boolean };

export interface TrainResult {
  /** 'paused': in the middle of the epoch after `epochs`, where `resume` takes it up. */
  outcome: 'done' | 'stopped' | 'paused';
  /** Whole ones. */
  epochs: number;
  /** 0 before the first whole epoch. */
  bestEpoch: number;
  /** Steps of the epoch under way, where it was paused. */
  partialSteps: number;
  /** It ended as 'done' because the watched value had not improved for long enough. */
  stoppedEarly: boolean;
  /** The last checkpoint holds the best epoch's weights. */
  restoredBest: boolean;
  parameters: number;
  seconds: number;
}

/** Where a learning rate is looked for: first weights, real images, rates that rise step by step. */
export type RateJob = Pick<
  TrainJob,
  'spec' | 'classNames' | 'train' | 'batch' | 'seed' | 'backend' | 'backbones' | 'start'
>;

/** Steps of such a sweep; fewer when the loss explodes before. */
export const SWEEP_STEPS = 100;

/** One step of it. */
export interface RatePoint {
  type: 'rate';
  /** 1-based. */
  step: number;
  steps: number;
  rate: number;
  loss: number;
  /** Exponential mean of the losses so far, without its bias towards the start. */
  smoothed: number;
}

export interface RateSweep {
  /** Null when no rate made the loss fall. */
  suggestion: number | null;
  /** Whether the loss exploded before the last rate. */
  exploded: boolean;
}

export interface TrainHandle {
  /** Finish the current epoch, then end as 'stopped'. */
  stop(): void;
  /** Save everything at the next step and end as 'paused'. */
  pause(): void;
  /** Rejects with CANCELLED when the signal aborts, ENGINE_FAILED when the process dies. */
  result: Promise<TrainResult>;
}
