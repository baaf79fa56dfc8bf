/**
 * From a model's answers to what training takes unlabeled images for: aligned with how frequent the
 * classes are (Berthelot et al., ReMixMatch, 2020) and made surer (Berthelot et al., MixMatch, 2019).
 */
import { SURE } from '#shared/unlabeled.ts';

/** Passes over the rows until their mean is the prior; it halves what is missing several times. */
const PASSES = 20;

/**
 * How frequent each class is thought to be, from few labels: their shares drawn towards equal ones,
 * the more so the less the labels can tell (Hausser and Strimmer, JMLR 2009, James-Stein).
 */
export function classPrior(labels: Int32Array, classes: number): Float64Array {
  const counts = new Float64Array(classes);
  let known = 0;
  for (const label of labels) {
    if (label < 0) continue;
    counts[label] = (counts[label] ?? 0) + 1;
    known++;
  }
  const shares = counts.map((count) => count / Math.max(1, known));
  const squares = shares.reduce((sum, share) => sum + share ** 2, 0);
  const spread = shares.reduce((sum, share) => sum + (1 / classes - share) ** 2, 0);
  const shrunk = known > 1 && spread > 0 ? (1 - squares) / ((known - 1) * spread) : 1;
  const weight = Math.max(0, Math.min(1, shrunk));
  return shares.map((share) => weight / classes + (1 - weight) * share);
}

/**
 * Weighs the classes of rows of probabilities, in place, until their mean is `prior`. A class that
 * the model gives too often counts less. Rows sum to 1 again.
 */
export function align(rows: Float32Array, prior: Float64Array): void {
  const classes = prior.length;
  const count = rows.length / classes;
  for (let pass = 0; pass < PASSES; pass++) {
    const mean = new Float64Array(classes);
    eachRow(rows, classes, (row) => {
      for (const [index, value] of row.entries()) mean[index]! += value / count;
    });
    const weights = prior.map((share, index) => share / Math.max(mean[index]!, 1e-9));
    eachRow(rows, classes, (row) => {
      for (const [index, value] of row.entries()) row[index] = value * weights[index]!;
      normalize(row);
    });
  }
}

/** Raises rows to 1 / temperature, in place. Rows sum to 1 again. */
export function sharpen(rows: Float32Array, classes: number, temperature: number): void {
  eachRow(rows, classes, (row) => {
    const top = Math.max(...row);
    for (const [index, value] of row.entries()) row[index] = (value / top) ** (1 / temperature);
    normalize(row);
  });
}

/** Share of rows with an answer that counts as sure. */
export function sureShare(rows: Float32Array, classes: number): number {
  let sure = 0;
  eachRow(rows, classes, (row) => {
    if (Math.max(...row) >= SURE) sure++;
  });
  return rows.length === 0 ? 0 : (sure * classes) / rows.length;
}

function eachRow(rows: Float32Array, classes: number, take: (row: Float32Array) => void): void {
  for (let start = 0; start < rows.length; start += classes) {
    take(rows.subarray(start, start + classes));
  }
}

function normalize(row: Float32Array): void {
  const sum = row.reduce((total, value) => total + value, 0);
  for (const [index, value] of row.entries()) row[index] = value / sum;
}
