import { findRun } from '../find-run.ts';
import { positiveInteger } from '../options.ts';
import { followTraining } from '../follow-training.ts';
import type { AddCommand } from './index.ts';

interface Options {
  epochs?: number;
}

export const addResume: AddCommand = (program, open) =>
  program
    .command('resume <dir> <run>')
    .description("go on with a run ('latest' or its id) after its last checkpoint")
    .option('--epochs <n>', 'the new total, to train longer than planned', positiveInteger)
    .action(async (dir: string, name: string, { epochs }: Options) => {
      const session = open();
      const { client, project } = await session.open(dir);
      const run = await findRun(client, project.id, name);
      await client.runs.resume({
        project: project.id,
        run: run.id,
        ...(epochs === undefined ? {} : { epochs }),
      });
      await followTraining(client, session, project.id, run.id, run.epochs.at(-1)?.epoch);
    });
