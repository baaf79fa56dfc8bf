/** A run's epochs as lines, and what is marked on them. */
import type { EpochMetrics, Run } from '../contract/index.ts';
import { integer } from '../format.ts';
import { rate as rateText } from '../run-words.ts';
import type { Mark, Point } from './series.ts';

/** One number of each epoch, without those that are none. */
export const points = (
  epochs: readonly EpochMetrics[],
  read: (epoch: EpochMetrics) => number | null,
): Point[] =>
  epochs.flatMap((epoch) => {
    const y = read(epoch);
    return y === null || !Number.isFinite(y) ? [] : [{ x: epoch.epoch, y }];
  });

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
  const { finetune } = run.options;
  const stopped = ending?.type === 'early-stop' ? ending : null;
  return [
    ...(best === null
      ? []
      : [
          {
            x: best,
            label: stopped?.restored
              ? `best, restored · ${integer(best)}`
              : `best · ${integer(best)}`,
          },
        ]),
    ...(stopped ? [{ x: stopped.epoch, label: 'stopped early' }] : []),
    ...(finetune && run.epochs.length > finetune.after
      ? [{ x: finetune.after, label: 'the network learns too' }]
      : []),
    ...reductions(run).map(({ epoch, rate }) => ({
      x: epoch,
      label: `rate ${rateText(rate)}`,
    })),
  ];
}
