import { Option } from 'commander';
import type { Checkpoint, EvaluationReport, Split } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { findRun } from '../find-run.ts';
import { followJob } from '../follow-job.ts';
import { count, percent, table } from '../text.ts';
import type { AddCommand } from './index.ts';

interface Options {
  split: Split;
  checkpoint: Checkpoint;
}

export const addEvaluate: AddCommand = (program, open) =>
  program
    .command('evaluate <dir> <run>')
    .description("measure a run ('latest' or its id) on a split")
    .addOption(
      new Option('--split <split>', 'images to measure on')
        .choices(['train', 'validation', 'test'])
        .default('test'),
    )
    .addOption(
      new Option('--checkpoint <which>', 'weights to use')
        .choices(['best', 'last'])
        .default('best'),
    )
    .action(async (dir: string, which: string, { split, checkpoint }: Options) => {
      const session = open();
      const { client, project } = await session.open(dir);
      const { id: run } = await findRun(client, project.id, which);
      const { job } = await client.evaluation.start({
        project: project.id,
        run,
        checkpoint,
        split,
      });
      await followJob(client, session, job);
      const report = await client.evaluation.report({
        project: project.id,
        run,
        checkpoint,
        split,
      });
      if (!report) throw new AppError('INTERNAL', 'The evaluation left no report.');
      session.output.result(
        {
          run: report.run,
          checkpoint: report.checkpoint,
          split: report.split,
          images: report.images,
          loss: report.loss,
          accuracy: report.accuracy,
          accuracy_interval: report.accuracyInterval,
          balanced_accuracy: report.balancedAccuracy,
          balanced_error_rate: report.balancedErrorRate,
          classes: report.classes,
          confusion: report.confusion,
        },
        describe(report),
      );
    });

function describe(report: EvaluationReport): string {
  const [low, high] = report.accuracyInterval;
  return [
    `Run ${report.run} (${report.checkpoint}) on ${count(report.images)} ${report.split} images`,
    `accuracy ${percent(report.accuracy)} (95 %: ${percent(low)} to ${percent(high)}), ` +
      `balanced accuracy ${percent(report.balancedAccuracy)}, loss ${report.loss.toFixed(4)}`,
    table(
      ['class', 'precision', 'recall', 'F1', 'images'],
      report.classes.map(({ name, precision, recall, f1, support }) => [
        name,
        percent(precision),
        percent(recall),
        percent(f1),
        support,
      ]),
    ),
    ...report.confusedPairs
      .slice(0, 3)
      .map(({ a, b, count: n }) => `most confused: ${a} ↔ ${b} ${count(n)}`),
  ].join('\n');
}
