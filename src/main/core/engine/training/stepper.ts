/**
 * What trains, as the epoch loop sees it: one implementation for each kind of runtime. Their
 * checkpoints are the same to the byte order, so a run may go on with another one.
 */
import type { AveragingSpec } from '#shared/averaging.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import type { Backbones } from '../backbones/backbones.ts';
import type { LoadedCheckpoint } from '../checkpoint/run-folder.ts';
import type { FloatTensor } from '../checkpoint/safetensors.ts';
import type { ResolvedModel } from '../layers/resolve.ts';
import type { InferenceProgram } from '../predictor.ts';
import type { Graph } from '../graph/types.ts';
import type { ParameterLayout, ParameterValues } from '../programs/parameters.ts';
import type { BackendId } from '../protocol.ts';
import type { Labels } from '../targets.ts';

export interface StepResult {
  /** Mean over the batch. */
  loss: number;
  /** Images whose class of the largest share came out on top. */
  correct: number;
}

export interface StepperOptions {
  spec: ModelSpec;
  classes: number;
  /** The pretrained networks of the spec. */
  backbones?: Backbones | undefined;
  /** Layers at the beginning whose answers come in place of images. */
  prefix?: number | undefined;
  /** Full names (`layer/kernel`) of the parameters that do not learn. */
  frozen?: ReadonlySet<string>;
  /** One for each class; needed where the spec says 'balanced', which depends on the data. */
  classWeights?: readonly number[] | undefined;
  /** How weights are averaged over the steps; not at all unless given. */
  averaging?: AveragingSpec | null | undefined;
}

/** What a stepper goes on from. */
export interface Restored extends Pick<LoadedCheckpoint, 'parameters'> {
  slots: LoadedCheckpoint['slots'] | null;
}

/** Of the model with its weights inside. */
export type InferenceGraph = (model: ResolvedModel, parameters: ParameterValues) => Graph;

/** A model under training: everything that a step changes, and the step. */
export interface Stepper {
  readonly model: ResolvedModel;
  readonly layout: ParameterLayout;
  /** Steps taken so far. */
  readonly steps: number;

  /** Compiles for a batch size ahead of its first use. Throws ENGINE_FAILED if it cannot run. */
  prepare(batch: number): Promise<void>;

  /**
   * One step of the optimizer. Masks of dropout depend on seed, layer and step only.
   *
   * @param pixels uint8 rows (NHWC), one for each image of `labels`
   */
  run(pixels: Uint8Array, labels: Labels, learningRate: number): Promise<StepResult>;

  /**
   * Goes on from a checkpoint: the next step is `steps + 1`, with the weights, moving averages and
   * optimizer vectors as they were, or with a fresh optimizer where these are null. What is not among
   * the parameters is as the pretrained network has it. `prepare` comes first.
   */
  restore(from: Restored, steps: number): Promise<void>;

  /**
   * Every parameter by its full name, as the model answers: averaged, where weights are. Valid until
   * the next step.
   */
  parameters(): Promise<ReadonlyMap<string, FloatTensor>>;

  /** What else a checkpoint holds, by name: the optimizer's vectors; valid until the next step. */
  slots(): Promise<[string, Float32Array][]>;

  /** The model as it answers now, to validate with: `logits` for `image`; or another graph of it. Dispose of it. */
  inference(build?: InferenceGraph): Promise<InferenceProgram>;

  dispose(): Promise<void>;
}

/** A runtime on a device that can train. */
export interface TrainingBackend {
  readonly id: BackendId;
  /** 'CPU · 2 threads' */
  readonly label: string;
  createStepper(options: StepperOptions, seed: number): Stepper;
}
