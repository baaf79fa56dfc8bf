/** Averaging of weights over a training's steps: the average answers, the newest weights learn. */
import * as z from 'zod';

export const averagingSpec = z.strictObject({
  /** Share of the average that stays from step to step; less during the first steps. */
  decay: z.number().min(0.5).max(0.99999).default(0.999),
});
export type AveragingSpec = z.infer<typeof averagingSpec>;

/** What is taken where nothing is said. */
export const averagingDefaults: AveragingSpec = averagingSpec.parse({});
