/** The settings of a training as commands take them. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { AveragingSpec } from '#shared/averaging.ts';
import type { Checkpoint, FoveaClient, TrainOptions, ValidateOn } from '#shared/contract/index.ts';
import { engineNames } from '#shared/engine-names.ts';
import type { OptimizerSpec } from '#shared/model-spec.ts';
import { recipeIds } from '#shared/recipes/index.ts';
import type { EarlyStopSpec, ScheduleSpec } from '#shared/schedule.ts';
import type { ViewsSpec } from '#shared/views.ts';
import { augmentationHelp, readAugmentation } from './augmentation.ts';
import { optimizer, optimizerHelp } from './forms.ts';
import { modelToTrain, presetHelp, type ModelOptions } from './model-choice.ts';
import { positiveInteger, seed } from './options.ts';
import { addTransferOptions, type TransferOptions } from './transfer-options.ts';

/** Of every command that takes training steps. */
export interface StepOptions extends ModelOptions, TransferOptions {
  batch?: number;
  optimizer?: OptimizerSpec;
  seed: number;
  trainLimit?: number;
  augment?: string;
  startCheckpoint: Checkpoint;
  engine: TrainOptions['engine'];
}

/** What only a whole training has. */
export interface CourseOptions {
  epochs?: number;
  lr?: number;
  schedule?: ScheduleSpec;
  earlyStop?: EarlyStopSpec | false;
  validateOn?: ValidateOn;
  averaging?: AveragingSpec | false;
  views?: ViewsSpec | false;
  /** False by `--no-film`. */
  film?: boolean;
}

export function addStepOptions(command: Command): Command {
  return addTransferOptions(command)
    .option('--preset <id>', presetHelp)
    .option('--spec <file>', "a model's layers as JSON")
    .option('--model <name>', 'a model that the project keeps')
    .addOption(
      new Option('--recipe <id>', 'model and settings chosen for the data').choices(recipeIds),
    )
    .option(
      '--start-from <run>',
      "begin with a run's weights, and its model unless another is given",
    )
    .addOption(
      new Option('--start-checkpoint <which>', 'which of its weights')
        .choices(['best', 'last'])
        .default('best'),
    )
    .option('--batch <n>', 'images a step', positiveInteger)
    .option('--optimizer <form>', optimizerHelp, optimizer)
    .option('--seed <n>', 'of weights and order', seed, 1)
    .option('--train-limit <n>', 'the first N training images in import order', positiveInteger)
    .option('--augment <what>', `${augmentationHelp}; the model's own unless given`)
    .addOption(
      new Option('--engine <engine>', 'what computes; auto takes the fastest here')
        .choices(engineNames)
        .default('auto'),
    );
}

export function validateOn(text: string): ValidateOn {
  if (text === 'test' || text === 'validation') return { kind: 'split', split: text };
  if (text === 'none') return { kind: 'none' };
  const fraction = Number(text);
  if (fraction > 0 && fraction < 1) return { kind: 'fraction', fraction };
  throw new InvalidArgumentError("Give 'test', 'validation', a share between 0 and 1, or 'none'.");
}

/** The model's own settings where the command gives none. */
export async function trainOptions(
  client: FoveaClient,
  project: string,
  options: StepOptions & CourseOptions,
): Promise<TrainOptions> {
  const model = await modelToTrain(client, project, options);
  const { choice, defaults, finetune = null, startFrom } = model;
  return {
    model: choice,
    epochs: options.epochs ?? defaults.epochs,
    batch: options.batch ?? defaults.batch,
    learningRate: options.lr ?? defaults.learningRate,
    schedule: options.schedule ?? defaults.schedule,
    optimizer: options.optimizer ?? null,
    earlyStop: orNone(options.earlyStop, defaults.earlyStop),
    seed: options.seed,
    trainLimit: options.trainLimit ?? null,
    validateOn: options.validateOn ?? (await heldOutSplit(client, project)),
    engine: options.engine,
    averaging: orNone(options.averaging, defaults.averaging),
    validateEvery: defaults.validateEvery,
    unlabeled: defaults.unlabeled,
    views: orNone(options.views, defaults.views),
    augment:
      options.augment === undefined ? defaults.augment : await readAugmentation(options.augment),
    finetune,
    featureCopies: options.featureCopies ?? null,
    film: options.film ?? true,
    startFrom: startFrom ? { run: startFrom.id, checkpoint: options.startCheckpoint } : null,
  };
}

function orNone<T>(given: T | false | undefined, usual: T | null): T | null {
  return given === undefined ? usual : given || null;
}

/** Validation images if there are any, else test images, else a fifth of the training images. */
async function heldOutSplit(client: FoveaClient, project: string): Promise<ValidateOn> {
  const { classes } = await client.library.splits.summary({ project });
  for (const split of ['validation', 'test'] as const) {
    if (classes.some((each) => each[split] > 0)) return { kind: 'split', split };
  }
  return { kind: 'fraction', fraction: 0.2 };
}
