import type { EvaluationReport, Run } from '#shared/contract/index.ts';
import {
  balancedAccuracyInterval,
  classIntervals,
  plusMinus,
  spread,
  type Interval,
} from '#shared/intervals.ts';
import { AppError } from '#shared/errors.ts';
import { looksOf } from '#shared/run-words.ts';
import {
  checkpointOption,
  evaluateRun,
  splitOption,
  type EvaluationOptions,
} from '../evaluate-run.ts';
import { accuracyOn, count, percent, table } from '../text.ts';
import type { AddCommand } from './index.ts';

export const addEvaluate: AddCommand = (program, open) =>
  program
    .command('evaluate <dir> <run>')
    .description("measure a run ('latest' or its id) on a split")
    .addOption(splitOption())
    .addOption(checkpointOption())
    .action(async (dir: string, which: string, options: EvaluationOptions) => {
      const session = open();
      const { client, run, subject } = await evaluateRun(session, dir, which, options);
      const { views } = run.options;
      const report = await client.evaluation.report(subject);
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
          balanced_accuracy_interval: balancedAccuracyInterval(report.confusion),
          balanced_error_rate: report.balancedErrorRate,
          classes: report.classes.map((each, index) => ({
            ...each,
            intervals: classIntervals(report.confusion)[index],
          })),
          confusion: report.confusion,
          views,
        },
        describe(report, views),
      );
    });

const sure = (share: number, interval: Interval = [share, share]): string =>
  `${percent(share)} ${spread(interval)}`;

function describe(report: EvaluationReport, views: Run['options']['views']): string {
  const [low, high] = report.accuracyInterval;
  const intervals = classIntervals(report.confusion);
  return [
    `Run ${report.run} (${report.checkpoint}) on ${count(report.images)} ${report.split} images`,
    ...(views ? [`each image looked at ${looksOf(views)}`] : []),
    `accuracy ${accuracyOn(report.accuracy, report.images, report.split)} (95 %: ${percent(low)} to ${percent(high)}), ` +
      `balanced accuracy ${percent(report.balancedAccuracy)} ${plusMinus(balancedAccuracyInterval(report.confusion))}, loss ${report.loss.toFixed(4)}`,
    table(
      ['class', 'precision', 'recall', 'F1', 'images'],
      report.classes.map(({ name, precision, recall, f1, support }, index) => [
        name,
        sure(precision, intervals[index]?.precision),
        sure(recall, intervals[index]?.recall),
        sure(f1, intervals[index]?.f1),
        support,
      ]),
    ),
    ...report.confusedPairs
      .slice(0, 3)
      .map(({ a, b, count: n }) => `most confused: ${a} ↔ ${b} ${count(n)}`),
  ].join('\n');
}
