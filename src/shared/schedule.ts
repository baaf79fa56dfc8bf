/**
 * How the learning rate changes while a run trains, and when it ends before its last epoch. The
 * engine follows these (engine/training/schedule.ts, early-stop.ts).
 */
import * as z from 'zod';

/** What an epoch is judged by; the `val-` ones need validation images. */
export const monitorName = z.enum(['val-loss', 'val-accuracy', 'loss', 'accuracy']);
export type MonitorName = z.infer<typeof monitorName>;

/** Smaller steps towards the better that do not count as one. */
const minDelta = z.number().min(0).max(1e6);
const patience = z.number().int().min(0).max(100_000);
const share = z.number().min(0).max(1);

/** The run's learning rate is where each begins, or for the two cosines their peak. */
export const scheduleSpec = z.discriminatedUnion('type', [
  z.object({ type: z.literal('constant') }),
  /** Times `factor` after every `every` epochs. */
  z.object({
    type: z.literal('step'),
    every: z.number().int().min(1).max(100_000).default(10),
    factor: z.number().gt(0).max(1).default(0.1),
  }),
  /** Straight up during `warmup` (a share of all steps), then along half a cosine to zero. */
  z.object({ type: z.literal('cosine'), warmup: share.default(0) }),
  /** As PyTorch's OneCycleLR: from peak / start up to the peak, then down to that / end. */
  z.object({
    type: z.literal('one-cycle'),
    warmup: share.default(0.3),
    start: z.number().min(1).max(1e6).default(25),
    end: z.number().min(1).max(1e9).default(1e4),
  }),
  /** As Keras' ReduceLROnPlateau: times `factor` when the monitored value stands still. */
  z.object({
    type: z.literal('plateau'),
    monitor: monitorName.default('val-loss'),
    factor: z.number().gt(0).lt(1).default(0.1),
    /** Epochs without a better value before the rate falls. */
    patience: patience.min(1).default(10),
    minDelta: minDelta.default(1e-4),
    /** Epochs after a reduction that do not count. */
    cooldown: patience.default(0),
    minRate: z.number().min(0).max(100).default(0),
  }),
]);
export type ScheduleSpec = z.infer<typeof scheduleSpec>;
export type PlateauSpec = Extract<ScheduleSpec, { type: 'plateau' }>;

/** As Keras' EarlyStopping. The monitored value is then also what makes an epoch the best one. */
export const earlyStopSpec = z.object({
  monitor: monitorName.default('val-loss'),
  /** Epochs without a better value before training ends. */
  patience: patience.default(10),
  minDelta: minDelta.default(0),
  /** In the end the last checkpoint holds the best epoch's weights too. */
  restoreBest: z.boolean().default(false),
});
export type EarlyStopSpec = z.infer<typeof earlyStopSpec>;

/** Without validation images the training's own value is watched instead. */
export function watchable(monitor: MonitorName, hasValidation: boolean): MonitorName {
  if (hasValidation) return monitor;
  if (monitor === 'val-loss') return 'loss';
  return monitor === 'val-accuracy' ? 'accuracy' : monitor;
}
