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
      .option('--validate-on <what>', 'test, validation, or a share such as 0.2', validateOn),
  ).action(async (dir: string, options: StepOptions & CourseOptions) => {
    const session = open();
    const { client, project } = await session.open(dir);
    const started = await client.runs.start({
      project: project.id,
      options: await trainOptions(client, project.id, options),
    });
    await followTraining(client, session, project.id, started.run);
  });
