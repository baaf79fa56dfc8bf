/** From ranges to integers: real = scale · (integer − zeroPoint). */
import type { Range } from './calibrate.ts';

export interface Scale {
  scale: number;
  zeroPoint: number;
}

const SMALLEST = 1e-8;

/** 0 is always a number of its own, so that borders and ReLU are exact. */
export function scaleOf({ low, high }: Range, least: number, most: number): Scale {
  const from = Math.min(low, 0);
  const to = Math.max(high, 0);
  const scale = Math.fround(Math.max((to - from) / (most - least), SMALLEST));
  const zeroPoint = Math.min(most, Math.max(least, Math.round(least - from / scale)));
  return { scale, zeroPoint };
}

export function rangeOf(data: Float32Array): Range {
  let low = 0;
  let high = 0;
  for (const value of data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}

export function quantized(
  data: Float32Array,
  { scale, zeroPoint }: Scale,
  least: number,
  most: number,
): number[] {
  return Array.from(data, (value) =>
    Math.min(most, Math.max(least, Math.round(value / scale) + zeroPoint)),
  );
}

/** A kernel with a scale for each index of an axis, zero at 0: −most to most. */
export function perChannel(
  data: Float32Array,
  dims: readonly number[],
  axis: number,
  most: number,
): { scales: number[]; integers: Int8Array } {
  const channels = dims[axis] ?? 1;
  const inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const largest = new Float64Array(channels);
  const channelOf = (at: number) => Math.floor(at / inner) % channels;
  data.forEach((value, at) => {
    const channel = channelOf(at);
    largest[channel] = Math.max(largest[channel]!, Math.abs(value));
  });
  const scales = Array.from(largest, (size) => Math.fround(Math.max(size / most, SMALLEST)));
  const integers = Int8Array.from(data, (value, at) => Math.round(value / scales[channelOf(at)]!));
  return { scales, integers };
}
