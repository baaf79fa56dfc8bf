import { InvalidArgumentError } from 'commander';
import { trainInFolds } from '../fold-training.ts';
import { followTraining } from '../follow-training.ts';
import {
  averaging,
  averagingHelp,
  earlyStop,
  earlyStopHelp,
  schedule,
  scheduleHelp,
  views,
  viewsHelp,
} from '../forms.ts';
import { positiveInteger, positiveNumber } from '../options.ts';
import {
  addStepOptions,
  trainOptions,
  validateOn,
  type CourseOptions,
  type StepOptions,
} from '../train-options.ts';
import type { AddCommand } from './index.ts';

export const addTrain: AddCommand = (program, open) =>
  addStepOptions(
    program
      .command('train <dir>')
      .description('train a model on the labeled training images')
      .option(
        '--epochs <n>',
        "passes over the data; the preset's own unless given",
        positiveInteger,
      )
      .option('--lr <x>', 'learning rate', positiveNumber)
      .option('--schedule <form>', scheduleHelp, schedule)
      .option('--early-stop <form>', earlyStopHelp, earlyStop)
      .option('--averaging <form>', averagingHelp, averaging)
      .option('--views <form>', viewsHelp, views)
      .option('--no-film', 'keep no filters and feature maps of each epoch')
      .option('--validate-on <what>', 'test, validation, a share such as 0.2, or none', validateOn)
      .option('--folds <k>', 'instead: validate in K folds, each image held out once', folds),
  ).action(async (dir: string, options: StepOptions & CourseOptions & { folds?: number }) => {
    const session = open();
    const { client, project } = await session.open(dir);
    const settings = await trainOptions(client, project.id, options);
    if (options.folds !== undefined) {
      await trainInFolds(client, session, project.id, settings, options.folds);
      return;
    }
    const started = await client.runs.start({
      project: project.id,
      options: settings,
    });
    await followTraining(client, session, project.id, started.run);
  });

function folds(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 2 && value <= 20) return value;
  throw new InvalidArgumentError('Give a whole number from 2 to 20.');
}
