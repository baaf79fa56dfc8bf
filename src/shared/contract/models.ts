/** Models as a project keeps them, and what the core says of a spec before it is trained. */
import * as z from 'zod';
import { augmentationSpec } from '../augmentation.ts';
import { averagingSpec } from '../averaging.ts';
import { layerSpec } from '../layer-spec.ts';
import { modelSpec } from '../model-spec.ts';
import { earlyStopSpec, scheduleSpec } from '../schedule.ts';
import { recipeIds } from '../recipes/types.ts';
import { unlabeledSpec } from '../unlabeled.ts';
import { viewsSpec } from '../views.ts';
import { call, inProject, modelId, timestamp } from './base.ts';

/**
 * Where a layer stands: its index in the model, then, inside a block, the index of the part (of a
 * residual block: 0 the body, 1 the shortcut) and the index in that part, and so on. Empty: the
 * model as a whole.
 */
export const layerPath = z.array(z.number().int().min(0));
export type LayerPath = z.infer<typeof layerPath>;

export const inputSize = z.object({
  height: z.number().int(),
  width: z.number().int(),
  channels: z.number().int(),
});

export const layerSummary = z.object({
  name: z.string(),
  type: z.string(),
  /** Without the batch axis: [height, width, channels] or [units]. */
  output: z.array(z.number().int()),
  /** As the model counts them: see `counting` of the spec. */
  parameters: z.number().int(),
  trainable: z.number().int(),
  /** Multiply-adds for one image. */
  macs: z.number().int(),
  /** How many blocks it is inside of; what is inside comes before the row that joins it. */
  depth: z.number().int(),
  path: layerPath,
});
export type LayerSummary = z.infer<typeof layerSummary>;

export const modelSummary = z.object({
  name: z.string(),
  input: inputSize,
  /** As far as they could be worked out: all, unless there is a problem. */
  layers: z.array(layerSummary),
  /** Sums over `layers`. */
  parameters: z.number().int(),
  trainable: z.number().int(),
  /** Moving averages of batch normalisation; among `parameters` as Keras counts, beside them else. */
  movingAverages: z.number().int(),
  counting: z.enum(['keras', 'pytorch']),
  macs: z.number().int(),
});
export type ModelSummary = z.infer<typeof modelSummary>;

/** A change that mends a model, as its button says it. */
export const layerFix = z.object({
  /** 'Insert flatten' */
  label: z.string(),
  /** Before, after or in the place of the layer that has the problem. */
  where: z.enum(['before', 'after', 'replace']),
  layers: z.array(layerSpec).min(1),
});
export type LayerFix = z.infer<typeof layerFix>;

/** Why a model cannot be built, said at the layer where it shows. */
export const layerProblem = z.object({
  path: layerPath,
  message: z.string(),
  hint: z.string().nullable(),
  fix: layerFix.nullable(),
});
export type LayerProblem = z.infer<typeof layerProblem>;

export const modelCheck = z.object({
  summary: modelSummary,
  problem: layerProblem.nullable(),
});
export type ModelCheck = z.infer<typeof modelCheck>;

export const trainingDefaults = z.object({
  epochs: z.number().int(),
  batch: z.number().int(),
  learningRate: z.number(),
  trainLimit: z.number().int().nullable(),
  augment: augmentationSpec.nullable().default(null),
  averaging: averagingSpec.nullable().default(null),
  /** How a trained model looks at an image, where its answers are averaged; null: once, as it is. */
  views: viewsSpec.nullable().default(null),
  /** How images without a label are learned from; null: not at all. */
  unlabeled: unlabeledSpec.nullable().default(null),
  /** Epochs from one validation to the next. */
  validateEvery: z.number().int().min(1).default(1),
  schedule: scheduleSpec.default({ type: 'constant' }),
  earlyStop: earlyStopSpec.nullable().default(null),
});
/** The settings that go with a model. */
export type TrainingDefaults = z.infer<typeof trainingDefaults>;

/** Those of a model about which nothing is known. */
export const plainDefaults: TrainingDefaults = {
  epochs: 10,
  batch: 32,
  learningRate: 1e-3,
  trainLimit: null,
  augment: null,
  averaging: null,
  views: null,
  unlabeled: null,
  validateEvery: 1,
  schedule: { type: 'constant' },
  earlyStop: null,
};

/** Which model a training takes. */
export const modelChoice = z.discriminatedUnion('kind', [
  /** As it is for the project's data when the run starts. */
  z.object({ kind: z.literal('recipe'), recipe: z.enum(recipeIds) }),
  z.object({ kind: z.literal('preset'), preset: z.string() }),
  /** As the project keeps it when the run starts. */
  z.object({ kind: z.literal('saved'), model: modelId }),
  z.object({ kind: z.literal('spec'), spec: modelSpec }),
]);
export type ModelChoice = z.infer<typeof modelChoice>;

export const savedModelInfo = z.object({
  id: modelId,
  /** Also `spec.name`; no two of a project have the same. */
  name: z.string(),
  /** Name of the preset or model that it was made from; null for a new one. */
  from: z.string().nullable(),
  createdAt: timestamp,
  changedAt: timestamp,
  input: inputSize,
  /** With the project's classes; what could be counted, if there is a problem. */
  parameters: z.number().int(),
  problem: layerProblem.nullable(),
  /** Of the preset that it goes back to, or plain ones. */
  defaults: trainingDefaults,
});
export type SavedModelInfo = z.infer<typeof savedModelInfo>;

export const savedModel = savedModelInfo.extend({ spec: modelSpec });
export type SavedModel = z.infer<typeof savedModel>;

export const recipeInfo = z.object({
  id: z.enum(recipeIds),
  name: z.string(),
  /** What it is for, in one sentence. */
  description: z.string(),
  spec: modelSpec,
  input: inputSize,
  parameters: z.number().int(),
  /** The settings that go with it, for so many labels. */
  defaults: trainingDefaults,
  /** Whether to start with it. */
  suggested: z.boolean(),
  /** Whether the data has what it needs. */
  offered: z.boolean(),
});
export type RecipeInfo = z.infer<typeof recipeInfo>;

const inModel = inProject.extend({ model: modelId });
const name = modelSpec.shape.name;

export const modelsContract = {
  /** Whole trainings by purpose, as they are for the project's data; `trainLimit` as in a training. */
  recipes: call
    .input(inProject.extend({ trainLimit: z.number().int().positive().nullable().default(null) }))
    .output(z.array(recipeInfo)),
  /** By name. */
  list: call.input(inProject).output(z.array(savedModelInfo)),
  get: call.input(inModel).output(savedModel),
  /**
   * Keeps a model under its spec's name: in the place of `model`, else as a new one. A new one whose
   * name is taken gets a number behind it. Also keeps models that cannot be built yet.
   */
  save: call
    .input(
      inProject.extend({
        spec: modelSpec,
        model: modelId.optional(),
        /** Id of the preset or saved model that a new one was made from. */
        from: z.string().max(100).optional(),
      }),
    )
    .output(savedModel),
  /** A copy under a name of its own. */
  duplicate: call.input(inModel).output(savedModel),
  rename: call.input(inModel.extend({ name })).output(savedModel),
  /** Runs that were trained with it keep their own copy. */
  remove: call.input(inModel).output(z.void()),
  /**
   * Layers with shapes, parameters and multiply-adds for so many classes, and the first problem.
   * `spec` may be anything, such as a file's JSON; `summary` and `spec` are null where it is no spec.
   */
  check: call
    .input(z.object({ spec: z.unknown(), classes: z.number().int().min(1).max(1_000_000) }))
    .output(
      z.object({
        spec: modelSpec.nullable(),
        summary: modelSummary.nullable(),
        problem: layerProblem.nullable(),
      }),
    ),
};
