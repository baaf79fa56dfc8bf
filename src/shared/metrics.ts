/**
 * Figures of a classifier, from counts. Definitions and edge cases follow scikit-learn with
 * `zero_division=0`; every function is pure and answers finite numbers, also for no images at all.
 * A confusion matrix has the true class in rows and the predicted class in columns.
 */

export type ConfusionMatrix = number[][];

export interface ClassScores {
  precision: number;
  recall: number;
  f1: number;
  /** Images whose true class this is. */
  support: number;
}

export interface ConfusedPair {
  /** Indices of the two classes, `a < b`. */
  a: number;
  b: number;
  /** Both directions together: `ab + ba`. */
  count: number;
  /** Truly `a`, predicted `b`. */
  ab: number;
  /** Truly `b`, predicted `a`. */
  ba: number;
}

/** Index of the largest of `length` values from `offset`; the first of equals, as numpy's argmax. */
export function argmax(
  values: ArrayLike<number>,
  offset = 0,
  length = values.length - offset,
): number {
  let best = 0;
  for (let index = 1; index < length; index++) {
    if (values[offset + index]! > values[offset + best]!) best = index;
  }
  return best;
}

/** The predicted class of each row of a row-major `rows × classes` array. */
export function topClasses(probabilities: ArrayLike<number>, classes: number): Int32Array {
  const rows = classes === 0 ? 0 : Math.floor(probabilities.length / classes);
  const top = new Int32Array(rows);
  for (let row = 0; row < rows; row++) top[row] = argmax(probabilities, row * classes, classes);
  return top;
}

/**
 * Counts of (true, predicted) pairs.
 * @throws RangeError when the lengths differ or an index is not a class
 */
export function confusionMatrix(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): ConfusionMatrix {
  if (truth.length !== predicted.length) {
    throw new RangeError(`${truth.length} true classes against ${predicted.length} predicted ones`);
  }
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let index = 0; index < truth.length; index++) {
    const row = matrix[truth[index]!];
    const column = predicted[index]!;
    if (!row || !(column in row)) {
      throw new RangeError(`no class pair (${truth[index]!}, ${column}) among ${classes} classes`);
    }
    row[column]! += 1;
  }
  return matrix;
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

export function imageCount(matrix: ConfusionMatrix): number {
  return sum(matrix.map(sum));
}

export function correctCount(matrix: ConfusionMatrix): number {
  return sum(matrix.map((row, index) => row[index]!));
}

/** Share of images on the diagonal, 0 to 1; 0 without images. */
export function accuracy(matrix: ConfusionMatrix): number {
  return ratio(correctCount(matrix), imageCount(matrix));
}

/** Precision, recall, F1 and support of each class, in class order; 0 where undefined. */
export function classScores(matrix: ConfusionMatrix): ClassScores[] {
  const predicted = matrix.map((_, column) => sum(matrix.map((row) => row[column]!)));
  return matrix.map((row, index) => {
    const hits = row[index]!;
    const support = sum(row);
    return {
      precision: ratio(hits, predicted[index]!),
      recall: ratio(hits, support),
      // From counts, not from precision and recall: the same value, with one rounding.
      f1: ratio(2 * hits, predicted[index]! + support),
      support,
    };
  });
}

/**
 * Mean recall over the classes that occur: what the accuracy would be if they were equally
 * frequent. A class without images has no recall and is left out, as in scikit-learn.
 */
export function balancedAccuracy(matrix: ConfusionMatrix): number {
  const recalls = classScores(matrix)
    .filter((scores) => scores.support > 0)
    .map((scores) => scores.recall);
  return ratio(sum(recalls), recalls.length);
}

/** `1 - balancedAccuracy`. */
export function balancedErrorRate(matrix: ConfusionMatrix): number {
  return 1 - balancedAccuracy(matrix);
}

/** 97.5 % quantile of the normal distribution: a two-sided 95 % interval. */
export const Z95 = 1.959963984540054;

/**
 * Wilson score interval of a share (Wilson 1927). Unlike `p ± z·s` it stays within 0 and 1 and is
 * honest at small counts. No trials say nothing: [0, 1].
 */
export function wilsonInterval(successes: number, trials: number, z = Z95): [number, number] {
  if (trials === 0) return [0, 1];
  const share = successes / trials;
  const square = z * z;
  const center = (share + square / (2 * trials)) / (1 + square / trials);
  const half =
    (z / (1 + square / trials)) *
    Math.sqrt((share * (1 - share)) / trials + square / (4 * trials * trials));
  // At the ends the exact bound is 0 or 1; rounding must not leave it a hair inside or outside.
  return [
    successes === 0 ? 0 : Math.max(0, center - half),
    successes === trials ? 1 : Math.min(1, center + half),
  ];
}

/** The unordered class pairs confused most often, commonest first; pairs never confused are left out. */
export function confusedPairs(matrix: ConfusionMatrix, limit = 10): ConfusedPair[] {
  const pairs: ConfusedPair[] = [];
  for (let a = 0; a < matrix.length; a++) {
    for (let b = a + 1; b < matrix.length; b++) {
      const ab = matrix[a]![b]!;
      const ba = matrix[b]![a]!;
      if (ab + ba > 0) pairs.push({ a, b, count: ab + ba, ab, ba });
    }
  }
  // Sorting is stable, so equal counts stay in class order.
  return pairs.sort((one, other) => other.count - one.count).slice(0, limit);
}

/** Float32's epsilon: a probability of exactly 0 costs 15.9 instead of infinity. */
const FLOOR = 2 ** -23;

/**
 * Mean of `-ln p(true class)`, natural logarithm, over a row-major `rows × classes` array; 0 without
 * rows. Probabilities are clipped to float32's epsilon, as scikit-learn's `log_loss` does.
 */
export function logLoss(
  probabilities: ArrayLike<number>,
  truth: ArrayLike<number>,
  classes: number,
): number {
  let total = 0;
  for (let row = 0; row < truth.length; row++) {
    const probability = probabilities[row * classes + truth[row]!];
    if (probability === undefined) throw new RangeError(`row ${row} has no such class`);
    total -= Math.log(Math.min(Math.max(probability, FLOOR), 1));
  }
  return ratio(total, truth.length);
}
