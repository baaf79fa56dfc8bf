/**
 * How the error falls with the number of labels: error(n) = a·n^−b + c, a power law down to what no
 * number of labels takes away (Hestness and others 2017; Rosenfeld and others 2020).
 */

export interface ErrorPoint {
  size: number;
  error: number;
  /** Standard deviation of the error's measurement. */
  noise: number;
}

export interface PowerLaw {
  a: number;
  b: number;
  c: number;
  /** Weighted squared residuals: as many as there are points to spare when the noise is right. */
  chiSquare: number;
}

/** Exponents that are tried; the published ones lie between 0.07 and 0.8. */
const EXPONENTS = Array.from({ length: 60 }, (_, step) => 0.05 * (2 / 0.05) ** (step / 59));

/** Sizes are counted in these, so that a·n^−b stays near 1. */
const UNIT = 1000;

/** Least squares, weighted by the noise, with a and c not below 0. Takes two points or more. */
export function fitPowerLaw(points: readonly ErrorPoint[]): PowerLaw {
  let best: PowerLaw = { a: 0, b: 1, c: 0, chiSquare: Infinity };
  for (const b of EXPONENTS) {
    for (const candidate of linearFits(points, b)) {
      if (candidate.chiSquare < best.chiSquare) best = candidate;
    }
  }
  return best;
}

export function errorAt({ a, b, c }: PowerLaw, size: number): number {
  return Math.min(1, a * (size / UNIT) ** -b + c);
}

/** For one exponent: the free fit where it is allowed, else those on the borders. */
function* linearFits(points: readonly ErrorPoint[], b: number): Generator<PowerLaw> {
  let [w, wx, wxx, wy, wxy] = [0, 0, 0, 0, 0];
  for (const { size, error, noise } of points) {
    const weight = 1 / noise ** 2;
    const x = (size / UNIT) ** -b;
    w += weight;
    wx += weight * x;
    wxx += weight * x * x;
    wy += weight * error;
    wxy += weight * x * error;
  }
  const chi = (a: number, c: number): PowerLaw => ({
    a,
    b,
    c,
    chiSquare: points.reduce(
      (sum, { size, error, noise }) => sum + ((error - a * (size / UNIT) ** -b - c) / noise) ** 2,
      0,
    ),
  });
  const determinant = w * wxx - wx * wx;
  if (determinant > 1e-12 * w * wxx) {
    const a = (w * wxy - wx * wy) / determinant;
    const c = (wxx * wy - wx * wxy) / determinant;
    if (a >= 0 && c >= 0) yield chi(a, c);
  }
  yield chi(Math.max(0, wxy / wxx), 0);
  yield chi(0, Math.max(0, wy / w));
}
