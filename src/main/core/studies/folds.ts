/** Folds of a cross-validation: stratified, and groups stay whole. */
import { Random } from '../engine/random.ts';

/**
 * The fold (0 … folds − 1) of each image. Groups go, the largest first, to the fold that has the
 * fewest images of their classes, so that each class is spread evenly as far as groups allow.
 *
 * @param classes the class of each image
 * @param groups a number for each image; images of one group (near-duplicates) share a fold
 */
export function dealFolds(
  classes: ArrayLike<number>,
  groups: ArrayLike<number>,
  folds: number,
  seed: number,
): Int32Array {
  const members = new Map<number, number[]>();
  for (const position of new Random(seed, 'folds').permutation(classes.length)) {
    const group = members.get(groups[position]!);
    if (group) group.push(position);
    else members.set(groups[position]!, [position]);
  }
  const perClass = Array.from({ length: folds }, () => new Map<number, number>());
  const totals = new Array<number>(folds).fill(0);
  const result = new Int32Array(classes.length);
  // Sorting is stable: groups of one size keep their random order.
  for (const group of [...members.values()].sort((a, b) => b.length - a.length)) {
    const load = (fold: number): number =>
      group.reduce((sum, position) => sum + (perClass[fold]!.get(classes[position]!) ?? 0), 0);
    let best = 0;
    for (let fold = 1; fold < folds; fold++) {
      const difference = load(fold) - load(best) || totals[fold]! - totals[best]!;
      if (difference < 0) best = fold;
    }
    for (const position of group) {
      result[position] = best;
      const index = classes[position]!;
      perClass[best]!.set(index, (perClass[best]!.get(index) ?? 0) + 1);
    }
    totals[best]! += group.length;
  }
  return result;
}
