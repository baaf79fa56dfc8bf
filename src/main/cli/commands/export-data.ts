import { Option } from 'commander';
import { datasetFormat } from '#shared/contract/datasets.ts';
import type { DatasetFormat, DatasetReport } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { followJob } from '../follow-job.ts';
import { fromWorkingFolder } from '../paths.ts';
import { count, plural } from '../text.ts';
import type { AddCommand } from './index.ts';

interface Options {
  format: DatasetFormat;
  out: string;
  unlabeled?: boolean;
}

export const addExportData: AddCommand = (program, open) =>
  program
    .command('export-data <dir>')
    .description('write the images, labels and splits for other programs; originals to the bit')
    .addOption(
      new Option('--format <format>', 'how').choices(datasetFormat.options).makeOptionMandatory(),
    )
    .requiredOption('--out <dir>', 'folder to write to; empty, or not there yet')
    .option('--unlabeled', 'also images without a label')
    .action(async (dir: string, { format, out, unlabeled = false }: Options) => {
      const session = open();
      const { client, project } = await session.open(dir);
      const directory = fromWorkingFolder(out);
      const { job } = await client.datasets.export({
        project: project.id,
        format,
        directory,
        unlabeled,
      });
      const { result } = await followJob(client, session, job);
      if (result?.type !== 'dataset') throw new AppError('INTERNAL', 'The export left no report.');
      const { dataset } = result;
      session.output.result(
        {
          directory,
          format,
          images: dataset.images,
          unlabeled: dataset.unlabeled,
          left_out: dataset.leftOut,
          bytes: dataset.bytes,
          skipped: dataset.skipped,
          skipped_count: dataset.skippedCount,
        },
        describe(out, dataset, unlabeled),
      );
    });

/** Skipped files named in the text for people. */
const NAMED = 20;

function describe(out: string, report: DatasetReport, asked: boolean): string {
  const unlabeled = report.unlabeled > 0 ? `, ${count(report.unlabeled)} without a label` : '';
  const more = report.skippedCount - NAMED;
  return [
    `${plural(report.images, 'image')}${unlabeled} in ${out}.`,
    ...(report.leftOut > 0
      ? [
          `${plural(report.leftOut, 'image')} without a label left out` +
            (asked ? ': this format has no place for them.' : '; --unlabeled takes them along.'),
        ]
      : []),
    ...report.skipped.slice(0, NAMED).map(({ file, reason }) => `skipped: ${file}: ${reason}`),
    ...(more > 0 ? [`… and ${plural(more, 'more file')}.`] : []),
  ].join('\n');
}
