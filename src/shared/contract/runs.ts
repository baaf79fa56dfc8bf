import { eventIterator } from '@orpc/contract';
import * as z from 'zod';
import { augmentationSpec } from '../augmentation.ts';
import { averagingSpec } from '../averaging.ts';
import { engineNames } from '../engine-names.ts';
import { fineTuningSpec } from '../fine-tuning.ts';
import { modelSpec, optimizerSpec } from '../model-spec.ts';
import { earlyStopSpec, scheduleSpec } from '../schedule.ts';
import { unlabeledSpec } from '../unlabeled.ts';
import { viewsSpec } from '../views.ts';
import { call, inProject, jobId, runId, timestamp } from './base.ts';
import { checkpoint } from './evaluation.ts';
import { errorInfo } from './jobs.ts';
import { backendInfo } from './system.ts';
import { inputSize, modelCheck, modelChoice, trainingDefaults } from './models.ts';

export const presetInfo = z.object({
  id: z.string(),
  name: z.string(),
  /** Heading under which it is offered: 'Small grey images'. */
  group: z.string(),
  /** What it is for, in one sentence. */
  description: z.string(),
  input: inputSize,
  /** With the preset's own number of classes. */
  parameters: z.number().int(),
  defaults: trainingDefaults,
});
export type PresetInfo = z.infer<typeof presetInfo>;

export const validateOn = z.union([
  z.object({ kind: z.literal('split'), split: z.enum(['validation', 'test']) }),
  /** A seeded, stratified share of the training images, held out for this run. */
  z.object({ kind: z.literal('fraction'), fraction: z.number().gt(0).lt(1) }),
  z.object({ kind: z.literal('none') }),
]);
export type ValidateOn = z.infer<typeof validateOn>;

/** A run of the project whose weights a training begins with, as far as both models are alike. */
export const startFrom = z.object({ run: runId, checkpoint: checkpoint.default('best') });
export type StartFrom = z.infer<typeof startFrom>;

export const trainOptions = z.object({
  model: modelChoice,
  epochs: z.number().int().min(1).max(100_000),
  batch: z.number().int().min(1).max(65_536),
  learningRate: z.number().positive().max(100),
  schedule: scheduleSpec.default({ type: 'constant' }),
  /** Null: the model's own. */
  optimizer: optimizerSpec.nullable().default(null),
  earlyStop: earlyStopSpec.nullable().default(null),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1),
  /** First N labeled training images in import order. */
  trainLimit: z.number().int().positive().nullable(),
  validateOn,
  engine: z.enum(engineNames),
  /** How training images are varied; null: not at all. */
  augment: augmentationSpec.nullable().default(null),
  /** How weights are averaged over the steps; null: not at all. */
  averaging: averagingSpec.nullable().default(null),
  /** How a trained model looks at an image, where its answers are averaged; null: once, as it is. */
  views: viewsSpec.nullable().default(null),
  /** How images without a label are learned from; null: not at all. */
  unlabeled: unlabeledSpec.nullable().default(null),
  /** Epochs from one validation to the next; the first and the last are always validated. */
  validateEvery: z.number().int().min(1).max(100_000).default(1),
  /** Its last epochs, in which more of a pretrained network learns; null: none. */
  finetune: fineTuningSpec.nullable().default(null),
  /**
   * On a pretrained network that does not learn: so many varied copies of each image are looked at
   * once and for all. Null: images are varied afresh in each epoch, and looked at anew.
   */
  featureCopies: z.number().int().min(1).max(1000).nullable().default(null),
  /** Whether filters and a few feature maps are kept after each epoch, to be watched like a film. */
  film: z.boolean().default(true),
  /** Trained weights to begin with, with a fresh optimizer; null: random ones. */
  startFrom: startFrom.nullable().default(null),
});
export type TrainOptions = z.infer<typeof trainOptions>;

/** What `runs.plan` finds out before anything starts. */
export const trainPlan = z.object({
  /** The model for the project's classes, and what is wrong with it. */
  model: modelCheck,
  trainImages: z.number().int(),
  validationImages: z.number().int(),
  /** Images without a label that it learns from. */
  unlabeledImages: z.number().int(),
  classes: z.array(z.string()),
  /** From this machine's last runs of the same model, or a few steps that were timed; else null. */
  estimateSeconds: z.number().nullable(),
  /** What will train, or that it is timed at the start. */
  engine: z.string(),
  /** Each engine with why it is taken or not, and its speed on this model where it is known. */
  engines: z.array(backendInfo),
  /** What of another run's weights it begins with; null where it begins with random ones. */
  start: z
    .object({
      /** Layers that take all of their weights from there, and those that take none or a part. */
      taken: z.array(z.string()),
      fresh: z.array(z.string()),
      /** 'All layers up to conv2d_2 begin with the weights of r3 “Leaves”; dense begins anew.' */
      text: z.string(),
    })
    .nullable(),
  /** Things to know: 'Images are 150×120 and will be scaled to 28×28'. */
  warnings: z.array(z.string()),
  /** Why it cannot start, as sentences; empty when it can. */
  problems: z.array(z.string()),
});
export type TrainPlan = z.infer<typeof trainPlan>;

export const epochMetrics = z.object({
  epoch: z.number().int(),
  loss: z.number(),
  accuracy: z.number(),
  valLoss: z.number().nullable(),
  valAccuracy: z.number().nullable(),
  learningRate: z.number(),
  /** Training images per second, without validation. */
  imagesPerSecond: z.number(),
  /** Share of the training time in which the device waited for images; absent in older runs. */
  dataWait: z.number().min(0).max(1).optional(),
  /** Share of unlabeled images that were taken for one class surely; where such are learned from. */
  sure: z.number().min(0).max(1).optional(),
  /** Wall time of the epoch, validation included. */
  seconds: z.number(),
});
export type EpochMetrics = z.infer<typeof epochMetrics>;

export const runStatus = z.enum([
  'preparing',
  'running',
  'stopping',
  'done',
  /** Stopped early by the user, after a whole epoch: everything is kept. */
  'stopped',
  /** In the middle of an epoch; everything is saved, and resume goes on from there. */
  'paused',
  'cancelled',
  /** The engine or the app died. */
  'interrupted',
  'failed',
]);
export type RunStatus = z.infer<typeof runStatus>;

/** How a run ended, where its status does not say it all. */
export const runEnding = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('paused'),
    /** Being trained, 1-based, with the steps of it that are done. */
    epoch: z.number().int(),
    step: z.number().int(),
  }),
  z.object({
    type: z.literal('early-stop'),
    /** After which it ended. */
    epoch: z.number().int(),
    best: z.number().int(),
    /** The last checkpoint holds the weights of the best epoch. */
    restored: z.boolean(),
  }),
]);
export type RunEnding = z.infer<typeof runEnding>;

export const run = z.object({
  id: runId,
  name: z.string(),
  notes: z.string(),
  status: runStatus,
  createdAt: timestamp,
  finishedAt: timestamp.nullable(),
  options: trainOptions,
  spec: modelSpec,
  parameters: z.number().int(),
  engine: z.string().nullable(),
  classes: z.array(z.string()),
  trainImages: z.number().int(),
  validationImages: z.number().int(),
  /** Images without a label that it learned from. */
  unlabeledImages: z.number().int(),
  epochs: z.array(epochMetrics),
  /**
   * Epoch of the best checkpoint: by what early stopping watches, else by validation accuracy
   * (training loss without validation).
   */
  bestEpoch: z.number().int().nullable(),
  checkpoints: z.array(z.enum(['best', 'last'])),
  /** Something is saved that `resume` can go on from. */
  resumable: z.boolean(),
  ending: runEnding.nullable(),
  seconds: z.number(),
  error: errorInfo.nullable(),
  /** What was to know at its start and since: 'Class “boot” has no training images.' */
  warnings: z.array(z.string()),
  /** Labels of its training images that changed since it started. */
  staleLabels: z.number().int(),
  job: jobId.nullable(),
});
export type Run = z.infer<typeof run>;

export const runEvent = z.discriminatedUnion('type', [
  /** The run as it is stored; first of all, and after each change of status. */
  z.object({ type: z.literal('run'), run }),
  /** A point of the per-batch line; at most about ten a second. */
  z.object({
    type: z.literal('batch'),
    epoch: z.number().int(),
    /** 1-based step within the whole run. */
    step: z.number().int(),
    stepsPerEpoch: z.number().int(),
    /** Epochs so far, with the part of this one that is done. */
    at: z.number(),
    /** Mean since the last point. */
    loss: z.number(),
    accuracy: z.number(),
    imagesPerSecond: z.number(),
    /** Share of the epoch's time so far in which the device waited for images. */
    dataWait: z.number().min(0).max(1),
    etaSeconds: z.number().nullable(),
  }),
  z.object({ type: z.literal('epoch'), metrics: epochMetrics, best: z.boolean() }),
]);
export type RunEvent = z.infer<typeof runEvent>;

export const rateEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('job'), job: jobId }),
  /** One step with one rate. */
  z.object({
    type: z.literal('rate'),
    step: z.number().int(),
    steps: z.number().int(),
    rate: z.number(),
    loss: z.number(),
    /** Running mean of the losses. */
    smoothed: z.number(),
  }),
  /** The last event. */
  z.object({
    type: z.literal('done'),
    /** Null when no rate made the loss fall. */
    suggestion: z.number().nullable(),
    /** The loss exploded before the highest rate was reached. */
    exploded: z.boolean(),
  }),
]);
export type RateEvent = z.infer<typeof rateEvent>;

const inRun = inProject.extend({ run: runId });

export const runsContract = {
  presets: call.output(z.array(presetInfo)),
  plan: call.input(inProject.extend({ options: trainOptions })).output(trainPlan),
  /**
   * Seconds that it will take: the plan's, or else by timing a few steps, which takes some seconds
   * once. Null where that cannot be told, and while something trains.
   */
  estimate: call.input(inProject.extend({ options: trainOptions })).output(z.number().nullable()),
  start: call
    .input(inProject.extend({ options: trainOptions, name: z.string().max(200).optional() }))
    .output(z.object({ run: runId, job: jobId })),
  /**
   * Goes on with a run that ended, after its last checkpoint, on the data it began with; what comes
   * out is what would have come without the pause. `epochs`: the new total, to train longer.
   */
  resume: call
    .input(inRun.extend({ epochs: trainOptions.shape.epochs.optional() }))
    .output(z.object({ run: runId, job: jobId })),
  /**
   * A model of another program (Keras' .keras and .h5, TensorFlow.js' model.json, state dicts of PyTorch
   * as .safetensors and .pt) as a run of its own that was trained elsewhere. Classes that the project
   * lacks are added to it.
   */
  importModel: call
    .input(
      inProject.extend({
        /** A file on this machine, a folder that holds one model, or `upload:<session>`. */
        file: z.string().min(1),
        /** In the order of the model's outputs; else as the file says, else the project's. */
        classNames: z.array(z.string().min(1)).min(2).max(10_000).optional(),
        /** What the model takes its pixels to be; told from its first layer unless given. */
        pixels: z.enum(['0-1', '0-255']).optional(),
        name: z.string().max(200).optional(),
        /** Of files that hold weights only: the model that they are for, unless the file says it. */
        model: modelChoice.optional(),
      }),
    )
    .output(z.object({ run: runId })),
  list: call.input(inProject).output(z.array(run)),
  get: call.input(inRun).output(run),
  watch: call.input(inRun).output(eventIterator(runEvent)),
  /**
   * Tries out learning rates on the images and the model of `options`, about a hundred steps from
   * fresh weights. A job; leaving the stream cancels it.
   */
  findRate: call
    .input(inProject.extend({ options: trainOptions }))
    .output(eventIterator(rateEvent)),
  /** Saves everything at the next step and ends as 'paused'; `resume` goes on from there. */
  pause: call.input(inRun).output(z.void()),
  /** Finishes the current epoch, keeps everything. */
  stop: call.input(inRun).output(z.void()),
  /** Stops at once; what was reached at the last checkpoint is kept. */
  cancel: call.input(inRun).output(z.void()),
  update: call
    .input(
      inRun.extend({
        name: z.string().min(1).max(200).optional(),
        notes: z.string().max(10_000).optional(),
      }),
    )
    .output(run),
  remove: call.input(inRun).output(z.void()),
};
