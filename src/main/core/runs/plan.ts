/** What a training would be, before it starts. */
import type { TrainOptions, TrainPlan } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { fineTuned } from '#shared/fine-tuning.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import { watchable } from '#shared/schedule.ts';
import type { Engine, EngineChoice, EngineInfo, Work } from '../engine/protocol.ts';
import { memoryWarning } from '../engine/memory-limits.ts';
import { checkModel } from '../engine/layers/summary.ts';
import { chosenModel, type ChosenModel } from '../models/models.ts';
import type { Project } from '../projects/project.ts';
import type { Store } from '../store/store.ts';
import { featureWarnings, fineTuningProblems, knownLayers } from './transfer.ts';
import { selectData, type RunSelection } from './data.ts';
import { imagesAnEpoch } from './epoch-images.ts';
import { planStart } from './start.ts';
import type { Throughput } from './throughput.ts';
import { count, list } from './words.ts';

export interface PlannedRun {
  plan: TrainPlan;
  /** With the optimizer that the training takes. */
  chosen: ChosenModel;
  selection: RunSelection;
  engine: EngineInfo;
  /** What a few steps of would tell how long it takes; null where they would not, or take all memory. */
  timeable: Work | null;
}

export async function planTraining(
  project: Project,
  options: TrainOptions,
  { engine, throughput }: { engine: Engine; throughput: Throughput },
): Promise<PlannedRun> {
  const { store, backbones } = project;
  const chosen = trainedModel(store, options);
  const found = store.classes.list().filter(({ images }) => images > 0).length;
  const { finetune } = options;
  const classes = classesOf(chosen, found);
  const early = checkModel(chosen.spec, classes, backbones);
  const work = {
    spec: finetune ? fineTuned(chosen.spec, finetune) : chosen.spec,
    classes,
    batch: options.batch,
    backbones: early.problem ? undefined : backbones.files(chosen.spec),
    prefix: early.problem ? 0 : knownLayers(chosen.spec, classes, options, project),
  };
  const [info, choice, memory] = await Promise.all([
    engine.info(),
    engine.choose(work),
    memoryOf(engine, work),
  ]);
  // After the await, so that the snapshot is of the moment in which a run is stored.
  const selection = selectData(store, options);
  const model = checkModel(chosen.spec, classesOf(chosen, selection.classes.length), backbones);
  const backendId = options.engine === 'auto' ? choice.chosen : options.engine;
  const backend = choice.backends.find(({ id }) => id === backendId);
  const images = {
    train: selection.train.images.length,
    unlabeled: selection.unlabeled.length,
    validation: selection.validation?.images.length ?? 0,
  };
  const problems = [...selection.problems];
  if (options.unlabeled && chosen.spec.layers.some(({ type }) => type === 'backbone')) {
    problems.push('A model on a pretrained network learns from labeled images only.');
  }
  if (model.problem) {
    const { message, hint } = model.problem;
    problems.push(hint === null ? message : `${message} ${hint}`);
  }
  problems.push(...fineTuningProblems(chosen.spec, classes, options, backbones));
  const begun = model.problem
    ? null
    : planStart(project, options.startFrom, {
        spec: chosen.spec,
        classes: selection.classes,
        validation: selection.validation?.images ?? new Uint32Array(),
      });
  problems.push(...(begun?.problems ?? []));
  if (!backend?.available) {
    problems.push(
      `The engine '${backendId}' cannot be used on this machine${backend ? `: ${backend.reason}` : '.'}`,
    );
  }
  // With features that are known, an epoch is another work than the steps that are timed.
  const timed = work.prefix === 0 ? (backend?.imagesPerSecond ?? null) : null;
  return {
    chosen,
    selection,
    engine: info,
    timeable: work.prefix === 0 && memory.length === 0 ? work : null,
    plan: {
      model,
      trainImages: images.train,
      validationImages: images.validation,
      unlabeledImages: images.unlabeled,
      classes: selection.classes.map(({ name }) => name),
      estimateSeconds: throughput.estimate(
        { spec: chosen.spec, batch: options.batch, backend: backendId },
        options.epochs,
        {
          train: imagesAnEpoch({
            options,
            trainImages: images.train,
            unlabeledImages: images.unlabeled,
          }),
          validation: images.validation / options.validateEvery,
        },
        timed,
      ),
      engine: options.engine === 'auto' ? autoLabel(choice) : (backend?.label ?? backendId),
      engines: choice.backends,
      start: begun?.start ?? null,
      warnings: [
        ...shapeWarnings(store, chosen.spec),
        ...selection.warnings,
        ...monitorWarnings(options),
        ...unlabeledWarnings(options),
        ...(begun?.warnings ?? []),
        ...featureWarnings(options, work.prefix),
        ...memory,
      ],
      problems,
    },
  };
}

/**
 * The chosen model with the optimizer that was chosen for it.
 * @throws AppError NOT_FOUND
 */
export function trainedModel(
  store: Store,
  { model, optimizer }: Pick<TrainOptions, 'model' | 'optimizer'>,
): ChosenModel {
  const chosen = chosenModel(store, model);
  return optimizer === null ? chosen : { ...chosen, spec: { ...chosen.spec, optimizer } };
}

/** For the project's number of classes; with fewer than two, for those the model was made for. */
function classesOf({ classes }: ChosenModel, found: number): number {
  return found >= 2 ? found : classes;
}

function autoLabel({ decided, label, backends }: EngineChoice): string {
  if (decided) return label;
  const working = backends.filter(({ available }) => available);
  return `the fastest of ${list(
    working.map((backend) => backend.label),
    'and',
  )}, timed at the start`;
}

/** Of the free memory of this moment; a model that cannot be built has a problem, not a need. */
async function memoryOf(engine: Engine, { batch, ...work }: Work): Promise<string[]> {
  try {
    const warning = memoryWarning(await engine.memoryNeed(work), batch, process.availableMemory());
    return warning === null ? [] : [warning];
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}

function shapeWarnings(store: Store, { input }: ModelSpec): string[] {
  const shapes = store.runs.imageShapes();
  const warnings: string[] = [];
  const sizes = new Set(shapes.map(({ width, height }) => `${width}×${height}`));
  const target = `${input.width}×${input.height}`;
  if (sizes.size > 1) {
    warnings.push(`Images have ${sizes.size} different sizes and will be scaled to ${target}.`);
  } else if (sizes.size === 1 && !sizes.has(target)) {
    warnings.push(`Images are ${[...sizes][0]!} and will be scaled to ${target}.`);
  }
  const coloured = shapes
    .filter(({ channels }) => channels >= 3)
    .reduce((sum, { images }) => sum + images, 0);
  if (input.channels === 1 && coloured > 0) {
    warnings.push(`This model sees grey: the colours of ${count(coloured, 'image')} are not used.`);
  }
  return warnings;
}

/** Too few epochs to reach the images without a label. */
function unlabeledWarnings({ unlabeled, epochs }: TrainOptions): string[] {
  if (unlabeled === null || epochs > unlabeled.warmup) return [];
  return [
    `Images without a label come in from epoch ${unlabeled.warmup + 1} on: ${count(epochs, 'epoch')} would learn from the labels alone.`,
  ];
}

/** Early stopping and plateaus that want validation where there is none. */
function monitorWarnings({ schedule, earlyStop, validateOn }: TrainOptions): string[] {
  if (validateOn.kind !== 'none') return [];
  const who = [
    ...(earlyStop ? [{ who: 'early stopping', monitor: earlyStop.monitor }] : []),
    ...(schedule.type === 'plateau' ? [{ who: 'the rate', monitor: schedule.monitor }] : []),
  ].filter(({ monitor }) => watchable(monitor, false) !== monitor);
  return who.map(
    ({ who: what, monitor }) =>
      `Nothing is validated, so ${what} goes by the training ${watchable(monitor, false)}.`,
  );
}
