import { extname } from 'node:path';
import { Option } from 'commander';
import type { Checkpoint, ReportFormat, Split } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { writeAtomically } from '#core/engine/checkpoint/atomic.ts';
import { findRun } from '../find-run.ts';
import { followJob } from '../follow-job.ts';
import { fromWorkingFolder } from '../paths.ts';
import { count } from '../text.ts';
import type { AddCommand } from './index.ts';

interface Options {
  out: string;
  split: Split;
  checkpoint: Checkpoint;
}

export const addReport: AddCommand = (program, open) =>
  program
    .command('report <dir> <run>')
    .description("write a run ('latest' or its id) as one file that a colleague can read")
    .requiredOption('--out <file>', 'ending in .html or .pdf')
    .addOption(
      new Option('--split <split>', 'images to measure on, where this was not done yet')
        .choices(['train', 'validation', 'test'])
        .default('test'),
    )
    .addOption(
      new Option('--checkpoint <which>', 'weights to use')
        .choices(['best', 'last'])
        .default('best'),
    )
    .action(async (dir: string, which: string, { out, split, checkpoint }: Options) => {
      const format = formatOf(out);
      const session = open();
      const { client, project } = await session.open(dir);
      const { id: run } = await findRun(client, project.id, which);
      const subject = { project: project.id, run, checkpoint, split };
      const { job } = await client.evaluation.start(subject);
      await followJob(client, session, job);
      session.output.progress('Writing the report …');
      const { file } = await client.reports.make({ ...subject, format });
      const path = fromWorkingFolder(out);
      await writeAtomically(path, [new Uint8Array(await file.arrayBuffer())]);
      session.output.clearProgress();
      session.output.result(
        { file: path, bytes: file.size, run, split, checkpoint },
        `${out}: run ${run} on the ${split} images, ${count(Math.ceil(file.size / 1000))} kB`,
      );
    });

function formatOf(out: string): ReportFormat {
  const ending = extname(out).toLowerCase();
  if (ending === '.html' || ending === '.pdf') return ending === '.pdf' ? 'pdf' : 'html';
  throw new AppError('INVALID_INPUT', `A report is a .html or a .pdf file, not '${out}'.`);
}
