/** Training sets that grow: nested, and stratified at every size. */
import { Random } from '../engine/random.ts';

/**
 * Positions (into `classes`) in an order of which any first n are a stratified sample: each class has
 * its share to within one image. The same seed gives the same order.
 */
export function nestedOrder(classes: ArrayLike<number>, seed: number): Uint32Array {
  const random = new Random(seed, 'study-order');
  const shuffled = random.permutation(classes.length);
  const sizes = new Map<number, number>();
  for (const position of shuffled) {
    const index = classes[position]!;
    sizes.set(index, (sizes.get(index) ?? 0) + 1);
  }
  // Image r of a class of s images stands at (r + u) / s, with one u a class: a systematic sample.
  const offsets = new Map(
    [...sizes.keys()].sort((a, b) => a - b).map((k) => [k, random.uniform()]),
  );
  const seen = new Map<number, number>();
  const places = new Float64Array(classes.length);
  for (const position of shuffled) {
    const index = classes[position]!;
    const rank = seen.get(index) ?? 0;
    seen.set(index, rank + 1);
    places[position] = (rank + offsets.get(index)!) / sizes.get(index)!;
  }
  return shuffled.sort((a, b) => places[a]! - places[b]!);
}
