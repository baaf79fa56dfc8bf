import { Option } from 'commander';
import type { Checkpoint } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { findRun } from '../find-run.ts';
import { percent, plural } from '../text.ts';
import { fromWorkingFolder } from '../paths.ts';
import type { AddCommand } from './index.ts';

interface Options {
  checkpoint: Checkpoint;
}

export const addPredict: AddCommand = (program, open) =>
  program
    .command('predict <dir> <run> <file...>')
    .description("say what a run ('latest' or its id) sees in image files")
    .addOption(
      new Option('--checkpoint <which>', 'weights to use')
        .choices(['best', 'last'])
        .default('best'),
    )
    .action(async (dir: string, which: string, files: string[], { checkpoint }: Options) => {
      const session = open();
      const { client, project } = await session.open(dir);
      const run = await findRun(client, project.id, which);
      const answers = await client.predict.files(
        {
          project: project.id,
          run: run.id,
          checkpoint,
          files: files.map((file) => fromWorkingFolder(file)),
        },
        { signal: session.signal },
      );
      const failed: string[] = [];
      for await (const answer of answers) {
        // Named as the user named it.
        const file = files[answer.index] ?? '';
        if ('error' in answer) {
          failed.push(`${file}: ${answer.error}`);
          session.output.result(
            { file, error: answer.error },
            `${file}: not predicted: ${answer.error}`,
          );
          continue;
        }
        const { top, probabilities } = answer.prediction;
        const named = run.classes.map((name, index) => [name, probabilities[index] ?? 0] as const);
        const best = [...named].sort((a, b) => b[1] - a[1]).slice(0, 3);
        session.output.result(
          { file, top, probabilities: Object.fromEntries(named) },
          `${file}: ${best.map(([name, share]) => `${name} ${percent(share)}`).join(', ')}`,
        );
      }
      session.signal.throwIfAborted();
      if (failed.length > 0) {
        throw new AppError(
          'SOURCE_UNREADABLE',
          failed.length === 1
            ? `Not predicted: ${failed[0] ?? ''}`
            : `${plural(failed.length, 'file')} could not be predicted, the first being ${failed[0] ?? ''}`,
        );
      }
    });
