/** Weights of a convolution as pictures: bytes for `#shared/color-maps.ts`, or RGB. */

/** What black and white (or the ends of the colours) stand for. */
export const kernelScales = ['layer', 'kernel', 'symmetric'] as const;
/**
 * 'layer': the smallest weight of all kernels to the largest; 'kernel': of each kernel by itself;
 * 'symmetric': zero in the middle, the largest size of any weight at both ends.
 */
export type KernelScale = (typeof kernelScales)[number];

/**
 * Weights as numbers from 0 to 1. Where all are alike, they are in the middle.
 * @param size weights of one kernel
 */
export function scaleKernels(values: Float32Array, size: number, scale: KernelScale): Float32Array {
  const scaled = new Float32Array(values.length);
  const step = scale === 'kernel' ? size : values.length;
  for (let start = 0; start < values.length; start += step) {
    const part = values.subarray(start, start + step);
    const [least, most] = rangeOf(part, scale);
    const span = most - least;
    for (const [index, value] of part.entries()) {
      scaled[start + index] = span > 0 ? (value - least) / span : 0.5;
    }
  }
  return scaled;
}

function rangeOf(values: Float32Array, scale: KernelScale): [number, number] {
  let least = Infinity;
  let most = -Infinity;
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (scale !== 'symmetric') return [least, most];
  const size = Math.max(Math.abs(least), Math.abs(most));
  return [-size, size];
}

/** 0…1 to 0…255. */
export function toBytes(unit: Float32Array): Uint8Array {
  return new Uint8Array(Uint8ClampedArray.from(unit, (value) => value * 255));
}

/**
 * Three planes (red, green, blue) as pixels side by side.
 * @param unit numbers from 0 to 1: kernels × 3 × height × width
 * @returns bytes: kernels × height × width × 3
 */
export function planesToRgb(unit: Float32Array, pixels: number): Uint8Array {
  const rgb = new Uint8ClampedArray(unit.length);
  for (let index = 0; index < unit.length; index++) {
    const plane = Math.floor(index / pixels);
    const kernel = Math.floor(plane / 3);
    rgb[(kernel * pixels + (index % pixels)) * 3 + (plane % 3)] = unit[index]! * 255;
  }
  return new Uint8Array(rgb);
}
