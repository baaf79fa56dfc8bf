import { edgeIndex } from './edges.ts';
import type { Size } from './resample.ts';

const BITS = 14;
/** Fraction bits between the two passes. */
const KEPT = 6;
const LARGEST_SIGMA = 10;

/** Gaussian blur of one image, in place; beyond the edge its outermost pixels go on. */
export class Blur {
  readonly #size: Size;
  readonly #between: Int32Array;
  readonly #sums: Int32Array;
  readonly #row: Int32Array;
  readonly #weights = new Int32Array(2 * radiusOf(LARGEST_SIGMA) + 1);

  constructor(size: Size) {
    this.#size = size;
    const stride = size.width * size.channels;
    this.#between = new Int32Array(size.height * stride);
    this.#sums = new Int32Array(stride);
    this.#row = new Int32Array(stride + 2 * radiusOf(LARGEST_SIGMA) * size.channels);
  }

  /** @param sigma standard deviation, pixels */
  apply(pixels: Uint8Array, sigma: number): void {
    if (sigma <= 0) return;
    const radius = radiusOf(sigma);
    this.#weigh(sigma, radius);
    this.#across(pixels, radius);
    this.#down(pixels, radius);
  }

  /** Integer weights that sum to one exactly, so that a flat image stays as it is. */
  #weigh(sigma: number, radius: number): void {
    const weight = (offset: number) => Math.exp(-(offset ** 2) / (2 * sigma ** 2));
    let total = 0;
    for (let offset = -radius; offset <= radius; offset++) total += weight(offset);
    let rest = 1 << BITS;
    for (let offset = -radius; offset <= radius; offset++) {
      const share = Math.round((weight(offset) / total) * (1 << BITS));
      this.#weights[offset + radius] = share;
      rest -= share;
    }
    this.#weights[radius]! += rest;
  }

  #across(pixels: Uint8Array, radius: number): void {
    const { height, width, channels } = this.#size;
    const stride = width * channels;
    const sums = this.#sums;
    for (let y = 0; y < height; y++) {
      this.#widen(pixels, y * stride, radius);
      sums.fill(1 << (BITS - KEPT - 1));
      for (let k = 0; k <= 2 * radius; k++) {
        const weight = this.#weights[k]!;
        const from = k * channels;
        for (let x = 0; x < stride; x++) sums[x]! += this.#row[from + x]! * weight;
      }
      for (let x = 0; x < stride; x++) this.#between[y * stride + x] = sums[x]! >> (BITS - KEPT);
    }
  }

  /** A row with `radius` pixels more at both ends. */
  #widen(pixels: Uint8Array, from: number, radius: number): void {
    const { width, channels } = this.#size;
    const stride = width * channels;
    const row = this.#row;
    for (let at = 0; at < stride; at++) row[radius * channels + at] = pixels[from + at]!;
    for (let at = 0; at < radius * channels; at++) {
      const channel = at % channels;
      row[at] = pixels[from + channel]!;
      row[radius * channels + stride + at] = pixels[from + stride - channels + channel]!;
    }
  }

  #down(pixels: Uint8Array, radius: number): void {
    const { height, width, channels } = this.#size;
    const stride = width * channels;
    const sums = this.#sums;
    for (let y = 0; y < height; y++) {
      sums.fill(1 << (BITS + KEPT - 1));
      for (let k = -radius; k <= radius; k++) {
        const weight = this.#weights[k + radius]!;
        const from = edgeIndex(y + k, height, 'nearest') * stride;
        for (let x = 0; x < stride; x++) sums[x]! += this.#between[from + x]! * weight;
      }
      for (let x = 0; x < stride; x++) pixels[y * stride + x] = sums[x]! >> (BITS + KEPT);
    }
  }
}

function radiusOf(sigma: number): number {
  return Math.ceil(3 * sigma);
}
