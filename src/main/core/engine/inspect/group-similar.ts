/**
 * Groups vectors by direction: agglomerative clustering with average linkage on 1 − cosine, cut where
 * the groups are further apart than `cut`. Found by the nearest-neighbour chain (Murtagh 1983) in
 * O(n²).
 */

interface Merge {
  a: number;
  b: number;
  distance: number;
}

/**
 * @param values vectors of `size` numbers, one after the other
 * @param cut 0: the same direction; 1: nothing in common
 * @returns indices in groups; neighbours in the order of all are alike
 */
export function groupSimilar(values: Float32Array, size: number, cut = 0.5): number[][] {
  const count = values.length / size;
  const distances = cosineDistances(values, size);
  const merges = chain(distances, count).sort((one, other) => one.distance - other.distance);
  // Each index leads to the group that it is in by now.
  const groupOf = Array.from({ length: count }, (_, index) => [index]);
  const sections = new Map<number[], number[][]>(groupOf.map((group) => [group, [group]]));
  for (const { a, b, distance } of merges) {
    const left = groupOf[a]!;
    const right = groupOf[b]!;
    const joined = [...left, ...right];
    const parts = [...(sections.get(left) ?? []), ...(sections.get(right) ?? [])];
    sections.set(joined, distance <= cut ? [joined] : parts);
    for (const index of joined) groupOf[index] = joined;
  }
  return sections.get(groupOf[0] ?? []) ?? [];
}

/** √Σx² */
export function normOf(vector: Float32Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}

function cosineDistances(values: Float32Array, size: number): Float32Array {
  const count = values.length / size;
  const unit = Float32Array.from(values);
  for (let index = 0; index < count; index++) {
    const vector = unit.subarray(index * size, (index + 1) * size);
    const norm = normOf(vector);
    if (norm > 0) for (const [at, value] of vector.entries()) vector[at] = value / norm;
  }
  const distances = new Float32Array(count * count);
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < a; b++) {
      let dot = 0;
      for (let at = 0; at < size; at++) dot += unit[a * size + at]! * unit[b * size + at]!;
      distances[a * count + b] = distances[b * count + a] = 1 - dot;
    }
  }
  return distances;
}

/** All merges of the tree, by the first index of each side. Changes `distances`. */
function chain(distances: Float32Array, count: number): Merge[] {
  const sizes = new Array<number>(count).fill(1);
  const alive = new Set(Array.from({ length: count }, (_, index) => index));
  const merges: Merge[] = [];
  const path: number[] = [];
  while (alive.size > 1) {
    if (path.length === 0) path.push(alive.values().next().value!);
    const last = path.at(-1)!;
    const before = path.at(-2);
    // The one before wins a tie: without that the chain could go round in circles.
    let nearest = before ?? -1;
    let distance = before === undefined ? Infinity : distances[last * count + before]!;
    for (const other of alive) {
      if (other === last || distances[last * count + other]! >= distance) continue;
      nearest = other;
      distance = distances[last * count + other]!;
    }
    if (nearest !== before) {
      path.push(nearest);
      continue;
    }
    path.splice(-2);
    const a = Math.min(last, nearest);
    const b = Math.max(last, nearest);
    merges.push({ a, b, distance });
    alive.delete(b);
    const [sizeA = 1, sizeB = 1] = [sizes[a], sizes[b]];
    for (const other of alive) {
      if (other === a) continue;
      const mean =
        (sizeA * distances[a * count + other]! + sizeB * distances[b * count + other]!) /
        (sizeA + sizeB);
      distances[a * count + other] = distances[other * count + a] = mean;
    }
    sizes[a] = sizeA + sizeB;
  }
  return merges;
}
