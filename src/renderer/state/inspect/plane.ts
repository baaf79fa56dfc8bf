/** Points of a plane: fitted into a picture, found by a lasso, by a circle, or as the nearest. */
export interface Place {
  x: number;
  y: number;
}

/**
 * Coordinates from 0 to 1 with the same scale along both axes, in the middle of a square.
 * @param xy x and y of each point, one after the other
 */
export function fitted(xy: Float32Array): Float32Array {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let at = 0; at < xy.length; at += 2) {
    left = Math.min(left, xy[at]!);
    right = Math.max(right, xy[at]!);
    top = Math.min(top, xy[at + 1]!);
    bottom = Math.max(bottom, xy[at + 1]!);
  }
  const size = Math.max(right - left, bottom - top) || 1;
  const [x, y] = [(left + right - size) / 2, (top + bottom - size) / 2];
  return xy.map((value, at) => (value - (at % 2 === 0 ? x : y)) / size);
}

/** Indices of the points inside a closed line (even–odd rule). */
export function insideOf(xy: Float32Array, line: readonly Place[]): number[] {
  const inside: number[] = [];
  for (let index = 0; index * 2 < xy.length; index++) {
    const [x, y] = [xy[index * 2]!, xy[index * 2 + 1]!];
    let odd = false;
    for (const [at, a] of line.entries()) {
      const b = line[(at + 1) % line.length]!;
      if (a.y > y !== b.y > y && x < a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x)) odd = !odd;
    }
    if (odd) inside.push(index);
  }
  return inside;
}

export function withinCircle(xy: Float32Array, { x, y }: Place, radius: number): number[] {
  const inside: number[] = [];
  for (let index = 0; index * 2 < xy.length; index++) {
    if (Math.hypot(xy[index * 2]! - x, xy[index * 2 + 1]! - y) <= radius) inside.push(index);
  }
  return inside;
}

/** The nearest point not farther than `radius`; null if none is. */
export function nearestTo(xy: Float32Array, { x, y }: Place, radius: number): number | null {
  let best: number | null = null;
  let distance = radius;
  for (let index = 0; index * 2 < xy.length; index++) {
    const away = Math.hypot(xy[index * 2]! - x, xy[index * 2 + 1]! - y);
    if (away <= distance) [best, distance] = [index, away];
  }
  return best;
}
