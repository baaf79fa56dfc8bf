/** Runs side by side: what differs between them, and what came out. */
import type { EpochMetrics, Run } from '#shared/contract/index.ts';
import { plusMinus, shareInterval, type Interval } from '#shared/intervals.ts';
import { duration, integer, percent, setting } from '../../ui/format.ts';
import { courseText } from './course-text.ts';
import { text } from './text.ts';

export interface ComparedRow {
  label: string;
  values: string[];
  /** Column with the best value of the row, where one can say so. */
  best: number | null;
}

/** The epoch whose checkpoint is 'best', or the last one. */
export function bestOf(run: Pick<Run, 'epochs' | 'bestEpoch'>): EpochMetrics | null {
  return run.epochs.find((epoch) => epoch.epoch === run.bestEpoch) ?? run.epochs.at(-1) ?? null;
}

/** What the run is judged by: validation accuracy of its best epoch, else training accuracy. */
export function bestValue(run: Pick<Run, 'epochs' | 'bestEpoch'>): number | null {
  const best = bestOf(run);
  return best ? (best.valAccuracy ?? best.accuracy) : null;
}

/** How sure `bestValue` is; null where it is no accuracy on images that training did not see. */
export function bestInterval(
  run: Pick<Run, 'epochs' | 'bestEpoch' | 'validationImages'>,
): Interval | null {
  const share = bestOf(run)?.valAccuracy ?? null;
  return share === null ? null : shareInterval(share, run.validationImages);
}

/** Settings that are not the same in all runs. */
export function differences(runs: readonly Run[]): ComparedRow[] {
  const label = text.settings;
  const rows: ComparedRow[] = [
    row(label.model, runs, (run) => run.spec.name),
    row(label.parameters, runs, (run) => integer(run.parameters)),
    row(label.epochs, runs, (run) => integer(run.options.epochs)),
    row(label.batch, runs, (run) => integer(run.options.batch)),
    row(label.learningRate, runs, (run) => setting(run.options.learningRate)),
    row(courseText.schedule, runs, (run) => courseText.scheduleOf(run.options.schedule)),
    row(label.optimizer, runs, (run) => courseText.optimizerOf(run.spec.optimizer)),
    row(courseText.earlyStop, runs, (run) => courseText.earlyStopOf(run.options.earlyStop)),
    row(label.seed, runs, (run) => String(run.options.seed)),
    row(label.trainImages, runs, (run) => integer(run.trainImages)),
    row(label.augment, runs, (run) => run.options.augment?.name ?? text.noAugmentation),
    row(label.validateOn, runs, (run) => text.validatedOn(run.options.validateOn)),
    row(label.validationImages, runs, (run) => integer(run.validationImages)),
    row(label.classes, runs, (run) => run.classes.join(', ')),
    row(label.engine, runs, (run) => run.engine ?? '–'),
    row(label.labels, runs, (run) => text.labelVersion(run.staleLabels)),
  ];
  return rows.filter((one) => new Set(one.values).size > 1);
}

/** Results, always shown. */
export function outcomes(runs: readonly Run[]): ComparedRow[] {
  const label = text.outcomes;
  const best = runs.map(bestOf);
  const accuracies = measured(
    label.valAccuracy,
    best.map((epoch) => epoch?.valAccuracy ?? null),
    percent,
    'highest',
  );
  const intervals = runs.map(bestInterval);
  const sure = (value: string, index: number): string =>
    intervals[index] ? `${value} ${plusMinus(intervals[index])}` : value;
  return [
    { ...accuracies, values: accuracies.values.map(sure) },
    measured(
      label.accuracy,
      best.map((epoch) => epoch?.accuracy ?? null),
      percent,
      null,
    ),
    measured(
      label.bestEpoch,
      best.map((epoch) => epoch?.epoch ?? null),
      integer,
      null,
    ),
    measured(
      label.seconds,
      runs.map((run) => run.seconds || null),
      duration,
      'lowest',
    ),
    measured(
      label.imagesPerSecond,
      best.map((epoch) => epoch?.imagesPerSecond ?? null),
      integer,
      null,
    ),
  ];
}

function row(label: string, runs: readonly Run[], read: (run: Run) => string): ComparedRow {
  return { label, values: runs.map(read), best: null };
}

function measured(
  label: string,
  values: readonly (number | null)[],
  format: (value: number) => string,
  wins: 'highest' | 'lowest' | null,
): ComparedRow {
  const known = values.filter((value) => value !== null);
  let best: number | null = null;
  if (wins && known.length > 1 && new Set(known).size > 1) {
    best = values.indexOf(wins === 'highest' ? Math.max(...known) : Math.min(...known));
  }
  return { label, values: values.map((value) => (value === null ? '–' : format(value))), best };
}
