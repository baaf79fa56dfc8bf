/** A seeded, stratified share of images held out from training. */
import { Random } from '../engine/random.ts';

/**
 * How many of each class to hold out: near `fraction` of each class, together `fraction` of all.
 * What rounding leaves over goes to the classes that were rounded down most. No class gives its
 * last image away.
 */
export function holdOutCounts(sizes: readonly number[], fraction: number): number[] {
  const exact = sizes.map((size) => size * fraction);
  const counts = exact.map(Math.floor);
  const target = Math.round(sizes.reduce((sum, size) => sum + size, 0) * fraction);
  const order = exact
    .map((value, index) => ({ index, rest: value - Math.floor(value) }))
    .sort((one, other) => other.rest - one.rest);
  let missing = target - counts.reduce((sum, count) => sum + count, 0);
  for (const { index } of order) {
    if (missing <= 0) break;
    if (counts[index]! + 1 < sizes[index]!) {
      counts[index]! += 1;
      missing--;
    }
  }
  return counts;
}

/**
 * Positions (into `classes`, the class of each image) to hold out. The same seed, fraction and
 * classes hold out the same positions.
 */
export function holdOut(classes: ArrayLike<number>, fraction: number, seed: number): Set<number> {
  const byClass = new Map<number, number[]>();
  for (let position = 0; position < classes.length; position++) {
    const members = byClass.get(classes[position]!);
    if (members) members.push(position);
    else byClass.set(classes[position]!, [position]);
  }
  const groups = [...byClass.entries()].sort(([one], [other]) => one - other);
  const counts = holdOutCounts(
    groups.map(([, members]) => members.length),
    fraction,
  );
  const random = new Random(seed, 'hold-out');
  const held = new Set<number>();
  groups.forEach(([, members], index) => {
    const order = random.permutation(members.length).subarray(0, counts[index]);
    for (const member of order) held.add(members[member]!);
  });
  return held;
}
