import { extname } from 'node:path';
import type { ReportFormat } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { writeAtomically } from '#core/engine/checkpoint/atomic.ts';
import {
  checkpointOption,
  evaluateRun,
  splitOption,
  type EvaluationOptions,
} from '../evaluate-run.ts';
import { fromWorkingFolder } from '../paths.ts';
import { count } from '../text.ts';
import type { AddCommand } from './index.ts';

interface Options extends EvaluationOptions {
  out: string;
}

export const addReport: AddCommand = (program, open) =>
  program
    .command('report <dir> <run>')
    .description("write a run ('latest' or its id) as one file that a colleague can read")
    .requiredOption('--out <file>', 'ending in .html or .pdf')
    .addOption(splitOption('images to measure on, where this was not done yet'))
    .addOption(checkpointOption())
    .action(async (dir: string, which: string, { out, ...options }: Options) => {
      const format = formatOf(out);
      const session = open();
      const { client, subject } = await evaluateRun(session, dir, which, options);
      const { run, split, checkpoint } = subject;
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
