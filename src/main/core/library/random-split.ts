import type { Split } from '#shared/contract/index.ts';

export interface SplitShares {
  train: number;
  validation: number;
  test: number;
}

type Part = Split | 'none';
const parts: readonly Part[] = ['train', 'validation', 'test', 'none'];

/**
 * Deals images out to splits: the same images, seed and shares give the same answer. Stratified, each
 * class is dealt by itself, and what rounding takes from one class the next ones give back, so that
 * both each class and the whole come close to the shares. What the shares leave over gets no split.
 *
 * @param images in import order, with their class (null: unlabeled, a group of its own)
 */
export function randomSplit(
  images: readonly { id: number; classId: number | null }[],
  shares: SplitShares,
  options: { seed: number; stratified: boolean },
): Record<Part, number[]> {
  const random = mulberry32(options.seed);
  const wanted: Record<Part, number> = {
    ...shares,
    none: Math.max(0, 1 - shares.train - shares.validation - shares.test),
  };
  const carry: Record<Part, number> = { train: 0, validation: 0, test: 0, none: 0 };
  const result: Record<Part, number[]> = { train: [], validation: [], test: [], none: [] };
  for (const group of groups(images, options.stratified)) {
    shuffle(group, random);
    const counts = apportion(group.length, wanted, carry);
    let from = 0;
    for (const part of parts) {
      result[part].push(...group.slice(from, from + counts[part]));
      from += counts[part];
    }
  }
  for (const part of parts) result[part].sort((a, b) => a - b);
  return result;
}

/** Ids by class, classes in the order of their ids, unlabeled images last. */
function groups(
  images: readonly { id: number; classId: number | null }[],
  stratified: boolean,
): number[][] {
  if (!stratified) return [images.map(({ id }) => id)];
  const byClass = Map.groupBy(images, ({ classId }) => classId ?? Infinity);
  return [...byClass].sort(([a], [b]) => a - b).map(([, members]) => members.map(({ id }) => id));
}

/** Whole numbers that sum to `total`, by largest remainder; the rounding is kept in `carry`. */
function apportion(
  total: number,
  wanted: Record<Part, number>,
  carry: Record<Part, number>,
): Record<Part, number> {
  const ideal = { ...carry };
  for (const part of parts) ideal[part] += total * wanted[part];
  const counts: Record<Part, number> = { train: 0, validation: 0, test: 0, none: 0 };
  let left = total;
  for (const part of parts) {
    // A hair above the floor, so that 0.1 + 0.2 style dust does not cost an image.
    counts[part] = Math.min(left, Math.max(0, Math.floor(ideal[part] + 1e-9)));
    left -= counts[part];
  }
  while (left-- > 0) {
    const neediest = parts
      .filter((part) => wanted[part] > 0)
      .reduce((best, part) =>
        ideal[part] - counts[part] > ideal[best] - counts[best] ? part : best,
      );
    counts[neediest]++;
  }
  for (const part of parts) carry[part] = ideal[part] - counts[part];
  return counts;
}

function shuffle(items: number[], random: () => number): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
}

/** Tommy Ettinger's mulberry32: 32 bits of state, uniform in [0, 1). */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
