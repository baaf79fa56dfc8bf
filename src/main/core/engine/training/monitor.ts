/** Judging epochs by one of their numbers, with Keras' meaning of an improvement. */
import type { EpochMetrics } from '#shared/contract/index.ts';
import type { MonitorName } from '#shared/schedule.ts';

/** Null where it was not measured. */
export function monitored(monitor: MonitorName, metrics: EpochMetrics): number | null {
  switch (monitor) {
    case 'val-loss':
      return metrics.valLoss;
    case 'val-accuracy':
      return metrics.valAccuracy;
    case 'loss':
      return metrics.loss;
    case 'accuracy':
      return metrics.accuracy;
  }
}

/** Whether `value` is better than `best` by more than `minDelta`: lower losses, higher accuracies. */
export function improves(
  monitor: MonitorName,
  value: number,
  best: number | null,
  minDelta = 0,
): boolean {
  if (best === null) return true;
  const lower = monitor === 'loss' || monitor === 'val-loss';
  return lower ? value + minDelta < best : value - minDelta > best;
}
