/** A run's epochs as the lines of its charts. */
import type { EpochMetrics, Run } from '#shared/contract/index.ts';
import { points } from '#shared/charts/run-curves.ts';
import type { Point, Series } from '../../ui/charts/series.ts';

export { reductions, runMarks } from '#shared/charts/run-curves.ts';
import { text } from './text.ts';

type Curves = Pick<Run, 'epochs' | 'bestEpoch'>;

function series(
  run: Curves,
  batches: readonly Point[],
  training: (epoch: EpochMetrics) => number | null,
  validation: (epoch: EpochMetrics) => number | null,
): Series[] {
  return [
    { id: 'batch', label: text.charts.batch, color: '--series-1', points: batches, style: 'faint' },
    {
      id: 'training',
      label: text.charts.training,
      color: '--series-1',
      points: points(run.epochs, training),
    },
    {
      id: 'validation',
      label: text.charts.validation,
      color: '--series-2',
      points: points(run.epochs, validation),
      mark: run.bestEpoch ?? undefined,
    },
  ];
}

export function lossSeries(run: Curves, batches: readonly Point[]): Series[] {
  return series(
    run,
    batches,
    (epoch) => epoch.loss,
    (epoch) => epoch.valLoss,
  );
}

export function accuracySeries(run: Curves, batches: readonly Point[]): Series[] {
  return series(
    run,
    batches,
    (epoch) => epoch.accuracy,
    (epoch) => epoch.valAccuracy,
  );
}

/** Colours for the runs of a comparison; from the seventh on they repeat, dashed. */
const runColors = [
  '--series-1',
  '--series-2',
  '--series-3',
  '--series-4',
  '--series-5',
  '--series-6',
];

export function runColor(index: number): string {
  return runColors[index % runColors.length]!;
}

/** Several runs over each other, by one measure. */
export function comparedSeries(
  runs: readonly Run[],
  read: (epoch: EpochMetrics) => number | null,
): Series[] {
  return runs.map((run, index) => ({
    id: run.id,
    label: run.name.length > 24 ? `${run.name.slice(0, 23)}…` : run.name,
    color: runColor(index),
    style: index < runColors.length ? 'line' : 'dashed',
    mark: run.bestEpoch ?? undefined,
    points: points(run.epochs, read),
  }));
}

/**
 * Right end of the epoch axis. A finished run fills it; a running one has room to grow, in steps,
 * so that five epochs of a thousand are not a dot in the corner and the axis rarely moves.
 * @param planned all epochs of a running run, null of a finished one
 */
export function epochAxis(reached: number, planned: number | null): number {
  if (planned === null) return Math.max(1, reached);
  const step = [5, 10, 20, 30, 50, 100, 200, 300, 500, 1000, 2000, 5000, 10_000].find(
    (candidate) => candidate > reached,
  );
  return Math.max(1, Math.min(planned, step ?? planned));
}
