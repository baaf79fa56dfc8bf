/**
 * How the learning rate changes while a run trains, and when it ends before its last epoch. The
 * engine follows these (engine/training/schedule.ts, early-stop.ts).
 */
import * as z from 'zod';
import { earlyStopDefaults, scheduleDefaults } from './schedule-defaults.ts';

/** What an epoch is judged by; the `val-` ones need validation images. */
export const monitorName = z.enum(['val-loss', 'val-accuracy', 'loss', 'accuracy']);
export type MonitorName = z.infer<typeof monitorName>;

/** Smaller steps towards the better that do not count as one. */
const minDelta = z.number().min(0).max(1e6);
const patience = z.number().int().min(0).max(100_000);
const share = z.number().min(0).max(1);

const { step, cosine, plateau, 'one-cycle': oneCycle } = scheduleDefaults;

/** The run's learning rate is where each begins, or for the two cosines their peak. */
export const scheduleSpec = z.discriminatedUnion('type', [
  z.object({ type: z.literal('constant') }),
  /** Times `factor` after every `every` epochs. */
  z.object({
    type: z.literal('step'),
    every: z.number().int().min(1).max(100_000).default(step.every),
    factor: z.number().gt(0).max(1).default(step.factor),
  }),
  /** Straight up during `warmup` (a share of all steps), then along half a cosine to zero. */
  z.object({ type: z.literal('cosine'), warmup: share.default(cosine.warmup) }),
  /** As PyTorch's OneCycleLR: from peak / start up to the peak, then down to that / end. */
  z.object({
    type: z.literal('one-cycle'),
    warmup: share.default(oneCycle.warmup),
    start: z.number().min(1).max(1e6).default(oneCycle.start),
    end: z.number().min(1).max(1e9).default(oneCycle.end),
  }),
  /** As Keras' ReduceLROnPlateau: times `factor` when the monitored value stands still. */
  z.object({
    type: z.literal('plateau'),
    monitor: monitorName.default(plateau.monitor),
    factor: z.number().gt(0).lt(1).default(plateau.factor),
    /** Epochs without a better value before the rate falls. */
    patience: patience.min(1).default(plateau.patience),
    minDelta: minDelta.default(plateau.minDelta),
    /** Epochs after a reduction that do not count. */
    cooldown: patience.default(plateau.cooldown),
    minRate: z.number().min(0).max(100).default(plateau.minRate),
  }),
]);
export type ScheduleSpec = z.infer<typeof scheduleSpec>;
export type PlateauSpec = Extract<ScheduleSpec, { type: 'plateau' }>;

/** As Keras' EarlyStopping. The monitored value is then also what makes an epoch the best one. */
export const earlyStopSpec = z.object({
  monitor: monitorName.default(earlyStopDefaults.monitor),
  /** Epochs without a better value before training ends. */
  patience: patience.default(earlyStopDefaults.patience),
  minDelta: minDelta.default(earlyStopDefaults.minDelta),
  /** In the end the last checkpoint holds the best epoch's weights too. */
  restoreBest: z.boolean().default(earlyStopDefaults.restoreBest),
});
export type EarlyStopSpec = z.infer<typeof earlyStopSpec>;

/** Without validation images the training's own value is watched instead. */
export function watchable(monitor: MonitorName, hasValidation: boolean): MonitorName {
  if (hasValidation) return monitor;
  if (monitor === 'val-loss') return 'loss';
  return monitor === 'val-accuracy' ? 'accuracy' : monitor;
}
