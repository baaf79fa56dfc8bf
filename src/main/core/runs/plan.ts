/** What a training would be, before it starts. */
import type { ModelSummary, TrainOptions, TrainPlan } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import { findPreset, type Preset } from '#shared/presets/index.ts';
import type { Engine, EngineInfo } from '../engine/protocol.ts';
import { summarize } from '../engine/layers/summary.ts';
import type { Store } from '../store/store.ts';
import { selectData, type RunSelection } from './data.ts';
import type { Throughput } from './throughput.ts';
import { count } from './words.ts';

export interface PlannedRun {
  plan: TrainPlan;
  preset: Preset;
  /** The preset's model with the optimizer that was chosen. */
  spec: ModelSpec;
  selection: RunSelection;
  engine: EngineInfo;
}

/** @throws AppError NOT_FOUND */
export function presetById(id: string): Preset {
  const preset = findPreset(id);
  if (preset) return preset;
  throw new AppError('NOT_FOUND', `There is no preset '${id}'.`, { subject: id });
}

export async function planTraining(
  store: Store,
  options: TrainOptions,
  { engine, throughput }: { engine: Engine; throughput: Throughput },
): Promise<PlannedRun> {
  const preset = presetById(options.preset);
  const spec = { ...preset.spec, optimizer: options.optimizer ?? preset.spec.optimizer };
  const info = await engine.info();
  // After the await, so that the snapshot is of the moment in which a run is stored.
  const selection = selectData(store, options);
  const summary = summarizeFor(preset, selection.classes.length);
  const chosen = options.engine === 'auto' ? info.chosen : options.engine;
  const backend = info.backends.find(({ id }) => id === chosen);
  const images = {
    train: selection.train.images.length,
    validation: selection.validation?.images.length ?? 0,
  };
  const problems = [...selection.problems];
  if (!backend?.available) {
    problems.push(
      `The engine '${chosen}' cannot be used on this machine${backend ? `: ${backend.reason}` : '.'}`,
    );
  }
  return {
    preset,
    spec,
    selection,
    engine: info,
    plan: {
      summary,
      trainImages: images.train,
      validationImages: images.validation,
      classes: selection.classes.map(({ name }) => name),
      estimateSeconds: throughput.estimate(
        { spec, batch: options.batch, backend: chosen },
        options.epochs,
        images,
      ),
      engine: backend?.label ?? chosen,
      warnings: [...shapeWarnings(store, spec), ...selection.warnings],
      problems,
    },
  };
}

/** For the project's number of classes; with fewer than two, for the preset's own. */
function summarizeFor(preset: Preset, classes: number): ModelSummary {
  return summarize(preset.spec, classes >= 2 ? classes : preset.classes);
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
