import { AppError } from '#shared/errors.ts';
import { nameList, positiveInteger } from '../options.ts';
import { count } from '../text.ts';
import type { AddCommand } from './index.ts';

interface Options {
  preset: string[];
  engine?: string;
  batch?: number;
}

export const addBench: AddCommand = (program, open) =>
  program
    .command('bench')
    .description('measure how fast this machine trains, on each engine that it has')
    .option('--preset <ids>', 'presets, with commas between them', nameList, [
      'fashion-cnn',
      'cifar-bn',
      'cifar-deep',
      'cats-dogs',
    ])
    .option('--engine <name>', 'only this one')
    .option('--batch <n>', "the preset's own unless given", positiveInteger)
    .action(async ({ preset: presets, engine, batch }: Options) => {
      const session = open();
      const client = await session.client();
      const { backends } = (await client.system.info()).engine;
      const usable = backends.filter(({ id, available }) =>
        engine === undefined ? available : id === engine,
      );
      if (usable.length === 0) {
        throw new AppError('INVALID_INPUT', `There is no engine '${engine ?? ''}'.`, {
          hint: `Choose one of: ${backends.map(({ id }) => id).join(', ')}.`,
        });
      }
      for (const preset of presets) {
        for (const { id, label } of usable) {
          session.output.progress(`${preset} on ${label} …`);
          const result = await client.system.bench({
            preset,
            engine: id,
            ...(batch === undefined ? {} : { batch }),
          });
          session.output.result(
            {
              preset,
              engine: id,
              batch: result.batch,
              images_per_second: result.imagesPerSecond,
              first_step_seconds: result.firstStepSeconds,
            },
            `${preset}, batch ${result.batch}, ${label}: ${count(Math.round(result.imagesPerSecond))} ` +
              `images/s, first step after ${result.firstStepSeconds.toFixed(1)} s`,
          );
        }
      }
    });
