/** A run's epochs as the lines of its charts. */
import type { EpochMetrics, Run } from '#shared/contract/index.ts';
import type { Mark, Point, Series } from '../../ui/charts/series.ts';
import { courseText } from './course-text.ts';
import { text } from './text.ts';

type Curves = Pick<Run, 'epochs' | 'bestEpoch'>;

const points = (
  epochs: readonly EpochMetrics[],
  read: (epoch: EpochMetrics) => number | null,
): Point[] =>
  epochs.flatMap((epoch) => {
    const y = read(epoch);
    return y === null || !Number.isFinite(y) ? [] : [{ x: epoch.epoch, y }];
  });

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

/** Where the rate fell: the last epoch before, and the new rate. */
export function reductions(
  run: Pick<Run, 'epochs' | 'options'>,
): { epoch: number; rate: number }[] {
  const { type } = run.options.schedule;
  // Cosines change it with every step.
  if (type !== 'plateau' && type !== 'step') return [];
  return run.epochs.flatMap(({ learningRate }, at) => {
    const before = run.epochs[at - 1];
    return before && learningRate < before.learningRate
      ? [{ epoch: before.epoch, rate: learningRate }]
      : [];
  });
}

/** What the charts mark, what matters most first. */
export function runMarks(run: Pick<Run, 'epochs' | 'options' | 'bestEpoch' | 'ending'>): Mark[] {
  if (run.epochs.length < 2) return [];
  const { bestEpoch: best, ending } = run;
  const stopped = ending?.type === 'early-stop' ? ending : null;
  return [
    ...(best === null
      ? []
      : [
          {
            x: best,
            label: stopped?.restored ? courseText.marks.restored(best) : text.charts.bestMark(best),
          },
        ]),
    ...(stopped ? [{ x: stopped.epoch, label: courseText.marks.stopped }] : []),
    ...reductions(run).map(({ epoch, rate }) => ({
      x: epoch,
      label: courseText.marks.rate(rate),
    })),
  ];
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
