/**
 * How sure the figures of a small test set are: 95 % intervals of what can be counted, and the one
 * way to say them ('±20 points'). The window, the command line and reports all take them from here.
 */
import { wilsonInterval, Z95, type ConfusionMatrix } from './metrics.ts';

/** Low and high end, as shares. */
export type Interval = [number, number];

/** Of a share of `images`, such as an accuracy (Wilson). */
export function shareInterval(share: number, images: number): Interval {
  return wilsonInterval(Math.round(share * images), images);
}

export interface ClassIntervals {
  precision: Interval;
  recall: Interval;
  f1: Interval;
}

/**
 * Of each class's precision, recall (Wilson) and F1. F1 is `2j / (1 + j)` with `j` the share of hits
 * among all images that are the class or were called it, so the ends of `j`'s Wilson interval are
 * those of F1's.
 */
export function classIntervals(matrix: ConfusionMatrix): ClassIntervals[] {
  return matrix.map((row, index) => {
    const hits = row[index]!;
    const support = row.reduce((sum, value) => sum + value, 0);
    const predicted = matrix.reduce((sum, other) => sum + other[index]!, 0);
    const [low, high] = wilsonInterval(hits, support + predicted - hits);
    return {
      precision: wilsonInterval(hits, predicted),
      recall: wilsonInterval(hits, support),
      f1: [(2 * low) / (1 + low), (2 * high) / (1 + high)],
    };
  });
}

/**
 * Of the mean recall: the classes' Wilson intervals, combined by recovering their variances (MOVER;
 * Zou and Donner 2008). Classes without images are left out; without any image it is [0, 1].
 */
export function balancedAccuracyInterval(matrix: ConfusionMatrix): Interval {
  let [classes, center, below, above] = [0, 0, 0, 0];
  matrix.forEach((row, index) => {
    const support = row.reduce((sum, value) => sum + value, 0);
    if (support === 0) return;
    const recall = row[index]! / support;
    const [low, high] = wilsonInterval(row[index]!, support);
    classes += 1;
    center += recall;
    below += (recall - low) ** 2;
    above += (high - recall) ** 2;
  });
  if (classes === 0) return [0, 1];
  return [
    Math.max(0, (center - Math.sqrt(below)) / classes),
    Math.min(1, (center + Math.sqrt(above)) / classes),
  ];
}

/** Half of what lies between the ends, in points: '±20', '±0.6'. */
export function spread([low, high]: readonly [number, number]): string {
  const half = ((high - low) / 2) * 100;
  return `±${half < 9.95 ? half.toFixed(1) : half.toFixed(0)}`;
}

/** The same with its unit: '±20 points'. */
export function plusMinus(interval: readonly [number, number]): string {
  return `${spread(interval)} points`;
}

/**
 * 95 % interval of the difference of two shares of the same images (Agresti and Min 2005: half an
 * image is added to each of the four outcomes). No images say nothing: [-1, 1].
 * @param gained images that only the second has right
 * @param lost images that only the first has right
 */
export function pairedInterval(gained: number, lost: number, images: number): Interval {
  if (images === 0) return [-1, 1];
  const all = images + 2;
  const center = (gained - lost) / all;
  const spreadOf = Math.sqrt((gained + lost + 1) / all - center * center) / Math.sqrt(all);
  return [Math.max(-1, center - Z95 * spreadOf), Math.min(1, center + Z95 * spreadOf)];
}
