/** From measured trainings to a learning curve: means, bands, and what more labels would bring. */
import type { CurveEstimate, CurvePoint, StudyCurve, StudyPart } from '#shared/contract/index.ts';
import { shareInterval, type Interval } from '#shared/intervals.ts';
import { deviation, mean, quantile, tQuantile } from '#shared/statistics.ts';
import { normal } from '../engine/initializers.ts';
import { Random } from '../engine/random.ts';
import { errorAt, fitPowerLaw, type ErrorPoint, type PowerLaw } from './power-law.ts';

/** Sizes of which one cannot tell a curve from a line. */
const FEWEST_SIZES = 3;
const REPLICATES = 400;
/** Points of the drawn line. */
const STEPS = 24;

interface Group extends CurvePoint {
  /** Of the mean, from training to training. */
  error: number;
}

/** One curve for each arm that has results, the model first. */
export function studyCurves(parts: readonly StudyPart[]): StudyCurve[] {
  return (['model', 'dense'] as const).flatMap((arm) => {
    const groups = pointsOf(parts.filter((part) => part.arm === arm));
    if (groups.length === 0) return [];
    const points = groups.map(({ error: _, ...point }) => point);
    return [{ arm, points, ...extrapolate(groups, imagesOf(parts)) }];
  });
}

const imagesOf = (parts: readonly StudyPart[]): number =>
  Math.max(1, ...parts.map(({ result }) => result?.images ?? 0));

function pointsOf(parts: readonly StudyPart[]): Group[] {
  const measured = parts.filter((part) => part.result !== null);
  const sizes = [...new Set(measured.map(({ size }) => size))].sort((a, b) => a - b);
  const groups = sizes.map((size) => {
    const results = measured.filter((part) => part.size === size).map(({ result }) => result!);
    const shares = results.map(({ accuracy }) => accuracy);
    return { size, images: results[0]!.images, shares, center: mean(shares) };
  });
  // Few seeds tell little of their spread: that of all sizes is taken together, in units of √p(1−p).
  const freedom = groups.reduce((sum, { shares }) => sum + shares.length - 1, 0);
  const squares = groups.reduce(
    (sum, { shares, center, images }) =>
      sum + ((shares.length - 1) * deviation(shares) ** 2) / chance(center, images),
    0,
  );
  return groups.map(({ size, images, shares, center }) => {
    const seeds = shares.length;
    const error =
      freedom > 0
        ? Math.sqrt((squares / freedom) * chance(center, images)) / Math.sqrt(seeds)
        : Math.sqrt(chance(center, images) / images);
    const half = freedom > 0 ? tQuantile(freedom) * error : 0;
    const [low, high] = shareInterval(center, images);
    return {
      size,
      seeds,
      mean: center,
      deviation: deviation(shares),
      interval: [
        Math.max(0, center - Math.hypot(center - low, half)),
        Math.min(1, center + Math.hypot(high - center, half)),
      ] as Interval,
      error,
    };
  });
}

/**
 * p(1 − p), with two images more of each outcome (Agresti and Coull 1998): a share of 100 % on a few
 * images is not without chance.
 */
function chance(share: number, images: number): number {
  const adjusted = (share * images + 2) / (images + 4);
  return adjusted * (1 - adjusted);
}

/**
 * Fits the power law, and fits it again to points drawn within their noise: what comes out differs as
 * much as the estimate is unsure. Noise that is smaller than how far the points lie off the law is
 * raised to that. The chance of these very test images is added where an accuracy is told, and not
 * where two are compared, which share them.
 */
function extrapolate(
  groups: readonly Group[],
  images: number,
): Pick<StudyCurve, 'fitted' | 'estimate'> {
  const largest = groups.at(-1)?.size ?? 0;
  if (groups.length < FEWEST_SIZES) return { fitted: [], estimate: null };
  const points = groups.map((group): ErrorPoint => ({
    size: group.size,
    error: 1 - group.mean,
    noise: Math.max(group.error, 1e-4),
  }));
  const law = fitPowerLaw(points);
  const spare = Math.max(1, points.length - 3);
  const factor = Math.max(1, Math.sqrt(law.chiSquare / spare));
  const random = new Random(groups.length, largest, 'learning-curve');
  const laws = Array.from({ length: REPLICATES }, () =>
    fitPowerLaw(
      points.map((point) => ({
        ...point,
        error: Math.max(0, point.error + factor * point.noise * normal(1)(random)),
      })),
    ),
  );
  const chances = laws.map(() => normal(1)(random));
  const at = (size: number): { accuracy: number; interval: Interval } => {
    const accuracy = 1 - errorAt(law, size);
    const luck = Math.sqrt(chance(accuracy, images) / images);
    return {
      accuracy,
      interval: range(
        laws.map((each, index) => clip(1 - errorAt(each, size) + luck * chances[index]!)),
        accuracy,
      ),
    };
  };
  const smallest = groups[0]!.size;
  const fitted = Array.from({ length: STEPS + 1 }, (_, step) => {
    const size = smallest * ((2 * largest) / smallest) ** (step / STEPS);
    return { size, ...at(size) };
  });
  const gainOf = (each: PowerLaw): number => errorAt(each, largest) - errorAt(each, 2 * largest);
  const gain = gainOf(law);
  const estimate: CurveEstimate = {
    size: 2 * largest,
    ...at(2 * largest),
    gain,
    gainInterval: range(laws.map(gainOf), gain),
  };
  return { fitted, estimate };
}

/** 95 % of the values; it holds the estimate itself. */
function range(values: readonly number[], center: number): Interval {
  return [Math.min(center, quantile(values, 0.025)), Math.max(center, quantile(values, 0.975))];
}

const clip = (share: number): number => Math.min(1, Math.max(0, share));
