/** What a training on a pretrained network has on top of others. */
import { augments, mixesLabels, withoutMixing } from '#shared/augmentation.ts';
import type { TrainOptions } from '#shared/contract/index.ts';
import { fineTuned } from '#shared/fine-tuning.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import { ensureFeatures } from '../backbones/features.ts';
import type { Backbones } from '../engine/backbones/backbones.ts';
import { unchangingLayers } from '../engine/backbones/prefix.ts';
import { checkModel } from '../engine/layers/summary.ts';
import { resolveModel } from '../engine/layers/resolve.ts';
import type { Engine, TrainFeatures, TrainJob } from '../engine/protocol.ts';
import type { JobControl } from '../jobs.ts';
import type { Project } from '../projects/project.ts';
import type { StoredRun } from '../store/runs.ts';
import { beginsWithChangedNetwork } from './start.ts';

type Options = Pick<
  TrainOptions,
  'augment' | 'featureCopies' | 'finetune' | 'epochs' | 'startFrom'
>;

/**
 * How many layers' answers are computed once for all: none where images are varied afresh in each
 * epoch.
 */
export function knownLayers(
  spec: ModelSpec,
  classes: number,
  { augment, featureCopies, startFrom }: Options,
  project: Project,
): number {
  // What is kept is what the network itself gives out.
  if (beginsWithChangedNetwork(project, startFrom)) return 0;
  if (augment && augments(augment) && featureCopies === null) return 0;
  return unchangingLayers(resolveModel(spec, classes, project.backbones));
}

/**
 * What takes the place of the images in a run's epochs, computed where it is not in the cache.
 * @throws AppError CANCELLED, MODEL_INVALID, DISK_FULL, ENGINE_FAILED
 */
export async function knownFeatures(
  engine: Engine,
  project: Project,
  { spec, classes, options }: StoredRun,
  { train, validation }: Pick<TrainJob, 'train' | 'validation'>,
  control: JobControl,
): Promise<TrainFeatures | undefined> {
  const layers = knownLayers(spec, classes.length, options, project);
  if (layers === 0) return undefined;
  const { augment, featureCopies, seed } = options;
  const varied = augment && augments(augment) ? withoutMixing(augment) : null;
  const copies = varied ? (featureCopies ?? 1) : 1;
  control.phase('Looking at the images', 'images');
  const all = train.slots.length * copies + (validation?.slots.length ?? 0);
  const common = { spec, layers, signal: control.signal };
  const known = await ensureFeatures(engine, project, {
    ...common,
    set: train,
    varied: varied ? { spec: varied, seed, copies } : undefined,
    onProgress: (done) => control.progress(done, all),
  });
  const held =
    validation &&
    (await ensureFeatures(engine, project, {
      ...common,
      set: validation,
      onProgress: (done) => control.progress(train.slots.length * copies + done, all),
    }));
  return { layers, copies, train: known, validation: held };
}

/** Why more of the network cannot learn later on; empty where it can. */
export function fineTuningProblems(
  spec: ModelSpec,
  classes: number,
  { finetune, epochs }: Options,
  backbones: Backbones,
): string[] {
  if (!finetune) return [];
  if (!spec.layers.some(({ type }) => type === 'backbone')) {
    return ['Only a model on a pretrained network can be fine-tuned in a second part.'];
  }
  if (finetune.after >= epochs) {
    return [
      `Fine-tuning would begin after epoch ${finetune.after}, but there are ${epochs} epochs in all.`,
    ];
  }
  const { problem } = checkModel(fineTuned(spec, finetune), classes, backbones);
  return problem ? [[problem.message, problem.hint].filter(Boolean).join(' ')] : [];
}

export function featureWarnings({ augment, featureCopies }: Options, layers: number): string[] {
  if (layers === 0 || !augment || featureCopies === null || !mixesLabels(augment)) return [];
  return ['Images are not blended: what is kept of each is its own.'];
}
