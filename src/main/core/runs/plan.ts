/** What a training would be, before it starts. */
import type { ModelCheck, TrainOptions, TrainPlan } from '#shared/contract/index.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import type { Engine, EngineInfo } from '../engine/protocol.ts';
import { checkModel } from '../engine/layers/summary.ts';
import { chosenModel, type ChosenModel } from '../models/models.ts';
import type { Store } from '../store/store.ts';
import { selectData, type RunSelection } from './data.ts';
import type { Throughput } from './throughput.ts';
import { count } from './words.ts';

export interface PlannedRun {
  plan: TrainPlan;
  /** With the optimizer that the training takes. */
  chosen: ChosenModel;
  selection: RunSelection;
  engine: EngineInfo;
}

export async function planTraining(
  store: Store,
  options: TrainOptions,
  { engine, throughput }: { engine: Engine; throughput: Throughput },
): Promise<PlannedRun> {
  const info = await engine.info();
  // After the await, so that the snapshot is of the moment in which a run is stored.
  const selection = selectData(store, options);
  const chosen = withOptimizer(chosenModel(store, options.model), options);
  const model = checkFor(chosen, selection.classes.length);
  const backendId = options.engine === 'auto' ? info.chosen : options.engine;
  const backend = info.backends.find(({ id }) => id === backendId);
  const images = {
    train: selection.train.images.length,
    validation: selection.validation?.images.length ?? 0,
  };
  const problems = [...selection.problems];
  if (model.problem) {
    const { message, hint } = model.problem;
    problems.push(hint === null ? message : `${message} ${hint}`);
  }
  if (!backend?.available) {
    problems.push(
      `The engine '${backendId}' cannot be used on this machine${backend ? `: ${backend.reason}` : '.'}`,
    );
  }
  return {
    chosen,
    selection,
    engine: info,
    plan: {
      model,
      trainImages: images.train,
      validationImages: images.validation,
      classes: selection.classes.map(({ name }) => name),
      estimateSeconds: throughput.estimate(
        { spec: chosen.spec, batch: options.batch, backend: backendId },
        options.epochs,
        images,
      ),
      engine: backend?.label ?? backendId,
      warnings: [...shapeWarnings(store, chosen.spec), ...selection.warnings],
      problems,
    },
  };
}

function withOptimizer(chosen: ChosenModel, { optimizer }: TrainOptions): ChosenModel {
  return optimizer === null ? chosen : { ...chosen, spec: { ...chosen.spec, optimizer } };
}

/** For the project's number of classes; with fewer than two, for those the model was made for. */
function checkFor({ spec, classes }: ChosenModel, found: number): ModelCheck {
  return checkModel(spec, found >= 2 ? found : classes);
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
