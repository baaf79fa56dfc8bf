/** Feature maps as pictures. */

export interface MapStats {
  mean: number;
  /** Population standard deviation. */
  deviation: number;
  least: number;
  most: number;
  /** Share of numbers that are exactly 0. */
  zeros: number;
}

export function statsOf(values: Float32Array): MapStats {
  let sum = 0;
  let least = Infinity;
  let most = -Infinity;
  let zeros = 0;
  // Indexed, for it runs while models train: iterators take several times as long.
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    sum += value;
    if (value < least) least = value;
    if (value > most) most = value;
    if (value === 0) zeros++;
  }
  const mean = sum / values.length;
  let squares = 0;
  for (let at = 0; at < values.length; at++) squares += (values[at]! - mean) ** 2;
  const deviation = Math.sqrt(squares / values.length);
  return { mean, deviation, least, most, zeros: zeros / values.length };
}

/** (value − middle) · scale + byte, rounded and clipped. */
function scaledBytes(
  values: Float32Array,
  middle: number,
  scale: number,
  byte: number,
): Uint8Array {
  const bytes = new Uint8ClampedArray(values.length);
  for (let at = 0; at < values.length; at++) bytes[at] = (values[at]! - middle) * scale + byte;
  return new Uint8Array(bytes.buffer);
}

/**
 * Bytes of a map as the literature shows it (Chollet 2017): less its mean, divided by its deviation,
 * × 64 + 128, clipped. A map that is the same everywhere is 128 everywhere.
 */
export function standardBytes(
  values: Float32Array,
  { mean, deviation }: Pick<MapStats, 'mean' | 'deviation'>,
): Uint8Array {
  // What is left of a map that is the same everywhere is rounding.
  const scale = deviation > 1e-6 * Math.abs(mean) ? 64 / deviation : 0;
  return scaledBytes(values, mean, scale, 128);
}

/** The smallest number to 0, the largest to 255; 'symmetric': zero in the middle. */
export function rangeBytes(values: Float32Array, symmetric = false): Uint8Array {
  const { least, most } = statsOf(values);
  const size = Math.max(Math.abs(least), Math.abs(most));
  const [from, to] = symmetric ? [-size, size] : [least, most];
  const scale = to > from ? 255 / (to - from) : 0;
  return scaledBytes(values, from, scale, scale > 0 ? 0 : 128);
}
