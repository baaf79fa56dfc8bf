import { InvalidArgumentError, Option } from 'commander';
import type { FoveaClient, TrainOptions, ValidateOn } from '#shared/contract/index.ts';
import { positiveInteger, positiveNumber, seed } from '../options.ts';
import { followTraining } from '../follow-training.ts';
import { modelToTrain, presetHelp, type ModelOptions } from '../model-choice.ts';
import type { AddCommand } from './index.ts';

interface Options extends ModelOptions {
  epochs?: number;
  batch?: number;
  lr?: number;
  seed: number;
  trainLimit?: number;
  validateOn?: ValidateOn;
  engine: 'auto' | 'cpu';
}

export const addTrain: AddCommand = (program, open) =>
  program
    .command('train <dir>')
    .description('train a model on the labeled training images')
    .option('--preset <id>', presetHelp)
    .option('--spec <file>', "a model's layers as JSON")
    .option('--model <name>', 'a model that the project keeps')
    .option('--epochs <n>', "passes over the data; the preset's own unless given", positiveInteger)
    .option('--batch <n>', 'images a step', positiveInteger)
    .option('--lr <x>', 'learning rate', positiveNumber)
    .option('--seed <n>', 'of weights and order', seed, 1)
    .option('--train-limit <n>', 'the first N training images in import order', positiveInteger)
    .option('--validate-on <what>', 'test, validation, or a share such as 0.2', validateOn)
    .addOption(
      new Option('--engine <engine>', 'what computes').choices(['auto', 'cpu']).default('auto'),
    )
    .action(async (dir: string, options: Options) => {
      const session = open();
      const { client, project } = await session.open(dir);
      const started = await client.runs.start({
        project: project.id,
        options: await trainOptions(client, project.id, options),
      });
      await followTraining(client, session, project.id, started.run);
    });

function validateOn(text: string): ValidateOn {
  if (text === 'test' || text === 'validation') return { kind: 'split', split: text };
  const fraction = Number(text);
  if (fraction > 0 && fraction < 1) return { kind: 'fraction', fraction };
  throw new InvalidArgumentError("Give 'test', 'validation', or a share between 0 and 1.");
}

/** The model's own settings where the command gives none. */
async function trainOptions(
  client: FoveaClient,
  project: string,
  options: Options,
): Promise<TrainOptions> {
  const { choice, defaults } = await modelToTrain(client, project, options);
  return {
    model: choice,
    epochs: options.epochs ?? defaults.epochs,
    batch: options.batch ?? defaults.batch,
    learningRate: options.lr ?? defaults.learningRate,
    schedule: defaults.schedule,
    optimizer: null,
    earlyStop: defaults.earlyStop,
    seed: options.seed,
    trainLimit: options.trainLimit ?? null,
    validateOn: options.validateOn ?? (await heldOutSplit(client, project)),
    engine: options.engine,
  };
}

/** Validation images if there are any, else test images, else a fifth of the training images. */
async function heldOutSplit(client: FoveaClient, project: string): Promise<ValidateOn> {
  const { classes } = await client.library.splits.summary({ project });
  for (const split of ['validation', 'test'] as const) {
    if (classes.some((each) => each[split] > 0)) return { kind: 'split', split };
  }
  return { kind: 'fraction', fraction: 0.2 };
}
