/**
 * Images that look alike are likely of the same class: answers are smoothed over a graph of nearest
 * neighbours, labels holding fast (Zhou et al., Learning with Local and Global Consistency, 2004).
 */
import type { Neighbors } from '../../nearest.ts';

/** How much of an answer comes from the neighbours. */
const SHARE = 0.9;
/** What is still missing of an answer shrinks to SHARE of it with each. */
const PASSES = 30;

/** Pairs of neighbours, each once, and how much they count. */
export interface Graph {
  one: Uint32Array;
  other: Uint32Array;
  weights: Float64Array;
}

/**
 * Two images are neighbours if either is among the other's nearest. Weights fall with the distance,
 * measured by how far the neighbours of both are, and each image's weights are scaled alike.
 */
export function graphOf({ indices, distances }: Neighbors): Graph {
  const count = indices.length;
  const reach = distances.map((each) => Math.max(each.at(-1) ?? 0, 1e-9));
  const weightOf = new Map<number, number>();
  for (const [own, others] of indices.entries()) {
    for (const [rank, other] of others.entries()) {
      if (other === own) continue;
      const key = Math.min(own, other) * count + Math.max(own, other);
      weightOf.set(key, Math.exp(-(distances[own]![rank]! ** 2) / (reach[own]! * reach[other]!)));
    }
  }
  const one = Uint32Array.from(weightOf.keys(), (key) => Math.floor(key / count));
  const other = Uint32Array.from(weightOf.keys(), (key) => key % count);
  const weights = Float64Array.from(weightOf.values());
  const sums = new Float64Array(count);
  for (const [pair, weight] of weights.entries()) {
    sums[one[pair]!]! += weight;
    sums[other[pair]!]! += weight;
  }
  const scaled = weights.map((weight, pair) => {
    return weight / Math.sqrt(sums[one[pair]!]! * sums[other[pair]!]!);
  });
  return { one, other, weights: scaled };
}

/**
 * Smooths rows of classes, in place. Rows sum to 1 again.
 * @param known whether a row is a label, which stays
 */
export function smooth(
  rows: Float32Array,
  classes: number,
  { one, other, weights }: Graph,
  known: (row: number) => boolean,
): void {
  const first = rows.slice();
  for (let pass = 0; pass < PASSES; pass++) {
    const sums = new Float64Array(rows.length);
    for (const [pair, weight] of weights.entries()) {
      const a = one[pair]! * classes;
      const b = other[pair]! * classes;
      for (let label = 0; label < classes; label++) {
        sums[a + label]! += weight * rows[b + label]!;
        sums[b + label]! += weight * rows[a + label]!;
      }
    }
    for (let at = 0; at < rows.length; at++) {
      if (known(Math.floor(at / classes))) continue;
      rows[at] = SHARE * sums[at]! + (1 - SHARE) * first[at]!;
    }
  }
  for (let start = 0; start < rows.length; start += classes) {
    const row = rows.subarray(start, start + classes);
    const sum = row.reduce((total, value) => total + value, 0);
    for (const [label, value] of row.entries()) row[label] = value / sum;
  }
}
