/**
 * The learning-rate range test (Smith, 2015): steps on real images from first weights while the rate
 * rises exponentially. Where the loss falls fastest is a good rate; where it explodes is too far.
 */
import { AppError } from '#shared/errors.ts';
import { openBackbones } from '../backbones/open.ts';
import { openLoader } from '../data/loader.ts';
import { SWEEP_STEPS, type RateJob, type RatePoint, type RateSweep } from '../protocol.ts';
import { Random } from '../random.ts';
import { startingWeights } from '../start/weights.ts';
import { checkJob } from './check-job.ts';
import type { TrainingBackend } from './stepper.ts';
import { stepperOptions } from './trainer.ts';

const LOWEST = 1e-7;
const HIGHEST = 10;
/** How much of the smoothed loss stays from step to step. */
const KEEP = 0.9;
/** Times the lowest smoothed loss: further on there is nothing to see. */
const EXPLODED = 4;
/** A fall by less than this share of the loss may be noise. */
const SLOPE = 0.01;
/** Steps before the smoothed loss means something. */
const WARM = 10;

export interface SweepControl {
  emit(point: RatePoint): void;
  signal: AbortSignal;
}

/** Throws CANCELLED, and what `checkJob` throws. Nothing is written anywhere. */
export async function findRate(
  job: RateJob,
  backend: TrainingBackend,
  { emit, signal }: SweepControl,
): Promise<RateSweep> {
  checkJob({ ...job, validation: null });
  const images = job.train.slots.length;
  const batch = Math.min(job.batch, images);
  const backbones = await openBackbones(job.backbones);
  const stepper = backend.createStepper(stepperOptions(job, backbones), job.seed);
  const loader = await openLoader(job.train, { batch });
  const points: RatePoint[] = [];
  let mean = 0;
  let lowest = Infinity;
  try {
    await stepper.prepare(batch);
    if (job.start) {
      const parameters = await startingWeights(job, job.start, stepper.layout, backbones);
      await stepper.restore({ parameters, slots: null }, 0);
    }
    for await (const { pixels, labels } of wholeBatches()) {
      if (signal.aborted) throw new AppError('CANCELLED', 'Cancelled.');
      const step = stepper.steps + 1;
      const rate = LOWEST * (HIGHEST / LOWEST) ** ((step - 1) / (SWEEP_STEPS - 1));
      const { loss } = await stepper.run(pixels, labels, rate);
      if (!Number.isFinite(loss)) return { suggestion: suggest(points), exploded: true };
      mean = KEEP * mean + (1 - KEEP) * loss;
      const smoothed = mean / (1 - KEEP ** step);
      const point: RatePoint = { type: 'rate', step, steps: SWEEP_STEPS, rate, loss, smoothed };
      points.push(point);
      emit(point);
      lowest = Math.min(lowest, smoothed);
      if (step > WARM && smoothed > EXPLODED * lowest) {
        return { suggestion: suggest(points), exploded: true };
      }
      if (step === SWEEP_STEPS) break;
    }
    return { suggestion: suggest(points), exploded: false };
  } finally {
    await stepper.dispose();
    await loader.close();
  }

  /** Pass after pass in new orders; an unfinished last batch would only add noise. */
  async function* wholeBatches() {
    for (let pass = 1; ; pass++) {
      const order = new Random(job.seed, 'rate', pass).permutation(images);
      const whole = order.subarray(0, images - (images % batch));
      yield* loader.batches({ epoch: pass, order: whole });
    }
  }
}

/**
 * The 'valley' rule of fastai: two thirds down the longest fall of the smoothed loss (its longest
 * decreasing subsequence). Null where it hardly falls.
 */
export function suggest(points: readonly Pick<RatePoint, 'rate' | 'smoothed'>[]): number | null {
  const losses = points.map(({ smoothed }) => smoothed);
  const lengths: number[] = [];
  const before: number[] = [];
  let end = 0;
  for (const [at, loss] of losses.entries()) {
    lengths[at] = 1;
    before[at] = -1;
    for (let earlier = 0; earlier < at; earlier++) {
      const length = (lengths[earlier] ?? 0) + 1;
      if ((losses[earlier] ?? -Infinity) > loss && length >= (lengths[at] ?? 0)) {
        lengths[at] = length;
        before[at] = earlier;
      }
    }
    if ((lengths[at] ?? 0) > (lengths[end] ?? 0)) end = at;
  }
  let start = end;
  while ((before[start] ?? -1) >= 0) start = before[start] ?? 0;
  const top = losses[start];
  const bottom = losses[end];
  if (top === undefined || bottom === undefined || top - bottom < SLOPE * top) return null;
  const rate = points[start + Math.floor(((end - start) * 2) / 3)]?.rate;
  return rate === undefined ? null : Number(rate.toPrecision(2));
}
