/** What is decided after each epoch: whether it is the best, the next rate, whether to go on. */
import * as z from 'zod';
import type { EpochMetrics } from '#shared/contract/index.ts';
import { epochMetrics } from '#shared/contract/runs.ts';
import { watchable, type EarlyStopSpec, type ScheduleSpec } from '#shared/schedule.ts';
import { improves, monitored } from './monitor.ts';
import { afterPlateauEpoch, plateauState, startPlateau } from './schedule.ts';

/** All that is remembered from epoch to epoch; part of every checkpoint. */
export const courseState = z.object({
  best: epochMetrics.nullable(),
  /** Epochs since the best one. */
  wait: z.number().int(),
  plateau: plateauState,
});
export type CourseState = z.infer<typeof courseState>;

export interface CourseOptions {
  learningRate: number;
  schedule: ScheduleSpec;
  earlyStop: EarlyStopSpec | null;
  /** Whether there is a validation, if not after each epoch. */
  validates: boolean;
}

export interface Decision {
  state: CourseState;
  best: boolean;
}

/** Whether early stopping has waited for long enough; as in Keras, one epoch at least. */
export function outOfPatience(
  { earlyStop }: Pick<CourseOptions, 'earlyStop'>,
  { wait }: CourseState,
): boolean {
  return earlyStop !== null && wait > 0 && wait >= earlyStop.patience;
}

export function startCourse({ learningRate }: Pick<CourseOptions, 'learningRate'>): CourseState {
  return { best: null, wait: 0, plateau: startPlateau(learningRate) };
}

/**
 * The best epoch is the one of the value that early stopping watches, as in Keras; without it, of
 * the highest validation accuracy, or of the lowest training loss where nothing is validated.
 */
export function afterEpoch(
  { schedule, earlyStop, validates: validated }: CourseOptions,
  before: CourseState,
  metrics: EpochMetrics,
): Decision {
  // Epochs between two validations decide nothing.
  if (validated && metrics.valLoss === null) return { state: before, best: false };
  const watched = earlyStop?.monitor ?? (validated ? 'val-accuracy' : 'loss');
  const monitor = watchable(watched, validated);
  const value = monitored(monitor, metrics);
  const known = before.best && monitored(monitor, before.best);
  const best = value !== null && improves(monitor, value, known, earlyStop?.minDelta);
  const wait = best ? 0 : before.wait + 1;
  const plateau =
    schedule.type === 'plateau'
      ? afterPlateauEpoch(
          { ...schedule, monitor: watchable(schedule.monitor, validated) },
          before.plateau,
          metrics,
        )
      : before.plateau;
  return {
    state: { best: best ? metrics : before.best, wait, plateau },
    best,
  };
}
