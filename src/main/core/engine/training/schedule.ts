/** The learning rate of each step. Pure functions; what a plateau remembers is in the checkpoints. */
import * as z from 'zod';
import type { EpochMetrics } from '#shared/contract/index.ts';
import type { PlateauSpec, ScheduleSpec } from '#shared/schedule.ts';
import { improves, monitored } from './monitor.ts';

export const plateauState = z.object({
  rate: z.number(),
  best: z.number().nullable(),
  /** Epochs since the best, or since the last reduction. */
  wait: z.number().int(),
  /** Epochs that still do not count. */
  cooldown: z.number().int(),
});
export type PlateauState = z.infer<typeof plateauState>;

export interface StepPosition {
  /** 0-based step of the whole training. */
  step: number;
  /** Steps of the whole training. */
  steps: number;
  /** 1-based. */
  epoch: number;
}

/**
 * The rate of one step, `base` being the run's learning rate.
 * @param reduced what a plateau has come down to
 */
export function rateAt(
  schedule: ScheduleSpec,
  base: number,
  { step, steps, epoch }: StepPosition,
  reduced: number,
): number {
  switch (schedule.type) {
    case 'constant':
      return base;
    case 'plateau':
      return reduced;
    case 'step':
      return base * schedule.factor ** Math.floor((epoch - 1) / schedule.every);
    case 'cosine': {
      const warm = Math.round(schedule.warmup * steps);
      if (step < warm) return (base * (step + 1)) / warm;
      return cosine(base, 0, (step - warm) / (steps - warm));
    }
    case 'one-cycle': {
      const first = base / schedule.start;
      const peak = schedule.warmup * steps - 1;
      if (step <= peak) return cosine(first, base, peak > 0 ? step / peak : 1);
      const down = steps - 1 - Math.max(peak, 0);
      return cosine(base, first / schedule.end, down > 0 ? (step - Math.max(peak, 0)) / down : 0);
    }
  }
}

/** From `from` to `to` along half a cosine. */
function cosine(from: number, to: number, share: number): number {
  return to + ((from - to) / 2) * (1 + Math.cos(Math.PI * share));
}

export function startPlateau(rate: number): PlateauState {
  return { rate, best: null, wait: 0, cooldown: 0 };
}

/** After an epoch, as Keras' ReduceLROnPlateau has it, to the order of its tests. */
export function afterPlateauEpoch(
  spec: PlateauSpec,
  before: PlateauState,
  metrics: EpochMetrics,
): PlateauState {
  const value = monitored(spec.monitor, metrics);
  if (value === null) return before;
  const state = { ...before };
  if (state.cooldown > 0) {
    state.cooldown--;
    state.wait = 0;
  }
  if (improves(spec.monitor, value, state.best, spec.minDelta)) {
    state.best = value;
    state.wait = 0;
  } else if (state.cooldown === 0 && ++state.wait >= spec.patience && state.rate > spec.minRate) {
    state.rate = Math.max(state.rate * spec.factor, spec.minRate);
    state.cooldown = spec.cooldown;
    state.wait = 0;
  }
  return state;
}
