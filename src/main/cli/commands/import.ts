import { Option } from 'commander';
import type { ImportReport, Split } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { followJob } from '../follow-job.ts';
import { nameList, positiveInteger } from '../options.ts';
import { duration, plural } from '../text.ts';
import { fromWorkingFolder } from '../paths.ts';
import type { AddCommand } from './index.ts';

interface Options {
  split?: Split;
  limit?: number;
  reference?: true;
  classes?: string[];
}

/** Skipped files named in the text for people; `--json` names every one. */
const NAMED_IN_TEXT = 20;

export const addImport: AddCommand = (program, open) =>
  program
    .command('import <dir> <source>')
    .description('import a folder of images, one image or an IDX data set')
    .addOption(
      new Option('--split <split>', 'put everything in this split').choices([
        'train',
        'validation',
        'test',
      ]),
    )
    .option('--limit <n>', 'take only the first N images', positiveInteger)
    .option('--reference', 'leave the files where they are instead of copying them')
    .option('--classes <names>', 'class names for the labels 0, 1, 2 …, with commas', nameList)
    .action(async (dir: string, source: string, options: Options) => {
      const session = open();
      const { client, project } = await session.open(dir);
      const { job } = await client.library.import({
        project: project.id,
        source: fromWorkingFolder(source),
        mode: options.reference ? 'reference' : 'copy',
        ...(options.split ? { split: options.split } : {}),
        ...(options.limit ? { limit: options.limit } : {}),
        ...(options.classes ? { classNames: options.classes } : {}),
      });
      const { result } = await followJob(client, session, job);
      if (result?.type !== 'import') throw new AppError('INTERNAL', 'The import left no report.');
      const report = await client.library.importReport({
        project: project.id,
        report: result.report,
      });
      session.output.result(
        {
          event: 'done',
          added: report.added,
          duplicates: report.duplicates,
          conflicts: report.conflicts,
          skipped: report.skipped,
          seconds: report.seconds,
        },
        describe(report),
      );
    });

function describe(report: ImportReport): string {
  const lines = [
    `Added ${plural(report.added, 'image')} in ${duration(report.seconds)}; ` +
      `${plural(report.duplicates, 'duplicate')}, ${plural(report.skipped.length, 'file')} skipped.`,
    ...report.conflicts
      .slice(0, NAMED_IN_TEXT)
      .map(({ file, kept, other }) => `conflict: ${file} is labeled ${kept}, and ${other} here`),
    ...report.skipped
      .slice(0, NAMED_IN_TEXT)
      .map(({ file, reason }) => `skipped: ${file}: ${reason}`),
  ];
  const more = report.skipped.length - NAMED_IN_TEXT;
  if (more > 0) lines.push(`… and ${plural(more, 'more file')}; --json names them all.`);
  return lines.join('\n');
}
