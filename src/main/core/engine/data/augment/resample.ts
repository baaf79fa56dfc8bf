/**
 * Bilinear resampling of one uint8 image under a projective map. Affine maps, the usual case, walk
 * along rows in fixed-point numbers; flips and shifts by whole pixels copy.
 */
import type { FillMode } from '#shared/augmentation.ts';
import { edgeIndex } from './edges.ts';

export interface Size {
  height: number;
  width: number;
  channels: number;
}

/** x then y displacement of each pixel, added to where it looks, pixels. */
export interface Field {
  x: Float32Array;
  y: Float32Array;
}

/** Fraction bits of coordinates. */
const BITS = 16;
const ONE = 1 << BITS;
/** Fraction bits of weights: two weights and a pixel fit in 31 bits. */
const WEIGHT_BITS = 11;
const WEIGHT_ONE = 1 << WEIGHT_BITS;
const WEIGHT_SHIFT = BITS - WEIGHT_BITS;
const HALF = 1 << (2 * WEIGHT_BITS - 1);
/** Coordinates beyond this do not fit in fixed-point numbers; nothing but fill is there. */
const FAR = 16_000;

export class Resampler {
  readonly #size: Size;
  readonly #fill: FillMode;
  readonly #fillValue: number;
  /** Places in pixels from the upper left corner, as the loops need them. */
  readonly #map = new Float64Array(9);
  /** Source columns of a row's pixels, for copies. */
  readonly #columns: Int32Array;

  constructor(size: Size, fill: FillMode, fillValue: number) {
    this.#size = size;
    this.#fill = fill;
    this.#fillValue = fillValue;
    this.#columns = new Int32Array(size.width);
  }

  /**
   * @param matrix as Transform has it, in pixels from the middle
   * @param source, target different memory
   */
  resample(source: Uint8Array, target: Uint8Array, matrix: Float64Array, field?: Field): void {
    this.#anchor(matrix);
    const m = this.#map;
    const affine = m[6] === 0 && m[7] === 0 && m[8] === 1;
    const small = Math.max(...m.map(Math.abs)) < FAR;
    if (!affine || field || !small) this.#general(source, target, field);
    else if (isCopy(m)) this.#copy(source, target);
    else this.#affine(source, target);
  }

  /** From coordinates around the middle to those from the upper left pixel. */
  #anchor(matrix: Float64Array): void {
    const { height, width } = this.#size;
    const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
    const m = this.#map;
    for (let row = 0; row < 9; row += 3) {
      m[row] = matrix[row]!;
      m[row + 1] = matrix[row + 1]!;
      m[row + 2] = matrix[row + 2]! - matrix[row]! * cx - matrix[row + 1]! * cy;
    }
    for (let column = 0; column < 3; column++) {
      m[column]! += cx * m[6 + column]!;
      m[3 + column]! += cy * m[6 + column]!;
    }
  }

  /** Flips and shifts by whole pixels: every pixel is one of the source's, rows stay rows. */
  #copy(source: Uint8Array, target: Uint8Array): void {
    const { height, width, channels } = this.#size;
    const m = this.#map;
    const stride = width * channels;
    const columns = this.#columns;
    let asIs = true;
    for (let x = 0; x < width; x++) {
      const column = edgeIndex(m[0]! * x + m[2]!, width, this.#fill);
      columns[x] = column;
      asIs &&= column === x;
    }
    for (let y = 0; y < height; y++) {
      const row = edgeIndex(m[4]! * y + m[5]!, height, this.#fill);
      const to = y * stride;
      if (row < 0) target.fill(this.#fillValue, to, to + stride);
      else if (asIs) target.set(source.subarray(row * stride, (row + 1) * stride), to);
      else this.#copyRow(source, row * stride, target, to);
    }
  }

  #copyRow(source: Uint8Array, from: number, target: Uint8Array, to: number): void {
    const { width, channels } = this.#size;
    const columns = this.#columns;
    for (let x = 0, at = to; x < width; x++, at += channels) {
      const column = columns[x]!;
      const pixel = from + column * channels;
      if (column < 0) target.fill(this.#fillValue, at, at + channels);
      else if (channels === 1) target[at] = source[pixel]!;
      else {
        target[at] = source[pixel]!;
        target[at + 1] = source[pixel + 1]!;
        target[at + 2] = source[pixel + 2]!;
      }
    }
  }

  #affine(source: Uint8Array, target: Uint8Array): void {
    const { height, width } = this.#size;
    const m = this.#map;
    const dx = Math.round(m[0]! * ONE);
    const dy = Math.round(m[3]! * ONE);
    for (let y = 0; y < height; y++) {
      const sx = Math.round((m[1]! * y + m[2]!) * ONE);
      const sy = Math.round((m[4]! * y + m[5]!) * ONE);
      // Where all four neighbours are inside.
      const first = Math.max(firstInside(sx, dx, width), firstInside(sy, dy, height));
      const end = Math.min(endInside(sx, dx, width), endInside(sy, dy, height), width);
      const inner = Math.min(first, width);
      const outer = Math.max(end, inner);
      this.#edge(source, target, y, 0, inner, sx, sy, dx, dy);
      if (this.#size.channels === 3) this.#inner3(source, target, y, inner, outer, sx, sy, dx, dy);
      else this.#inner1(source, target, y, inner, outer, sx, sy, dx, dy);
      this.#edge(source, target, y, outer, width, sx, sy, dx, dy);
    }
  }

  /** Pixels `from` to `to` of row y, one channel, all neighbours inside. */
  #inner1(
    source: Uint8Array,
    target: Uint8Array,
    y: number,
    from: number,
    to: number,
    sx: number,
    sy: number,
    dx: number,
    dy: number,
  ): void {
    const { width } = this.#size;
    let at = y * width + from;
    let px = (sx + from * dx) | 0;
    let py = (sy + from * dy) | 0;
    for (let x = from; x < to; x++, at++) {
      const fx = (px & (ONE - 1)) >> WEIGHT_SHIFT;
      const fy = (py & (ONE - 1)) >> WEIGHT_SHIFT;
      const p = Math.imul(py >> BITS, width) + (px >> BITS);
      const q = p + width;
      const top = source[p]! * (WEIGHT_ONE - fx) + source[p + 1]! * fx;
      const low = source[q]! * (WEIGHT_ONE - fx) + source[q + 1]! * fx;
      target[at] =
        (Math.imul(top, WEIGHT_ONE - fy) + Math.imul(low, fy) + HALF) >> (2 * WEIGHT_BITS);
      px = (px + dx) | 0;
      py = (py + dy) | 0;
    }
  }

  #inner3(
    source: Uint8Array,
    target: Uint8Array,
    y: number,
    from: number,
    to: number,
    sx: number,
    sy: number,
    dx: number,
    dy: number,
  ): void {
    const { width } = this.#size;
    const stride = width * 3;
    let at = (y * width + from) * 3;
    let px = (sx + from * dx) | 0;
    let py = (sy + from * dy) | 0;
    for (let x = from; x < to; x++, at += 3) {
      const fx = (px & (ONE - 1)) >> WEIGHT_SHIFT;
      const fy = (py & (ONE - 1)) >> WEIGHT_SHIFT;
      const p = Math.imul(py >> BITS, stride) + Math.imul(px >> BITS, 3);
      const q = p + stride;
      const w11 = Math.imul(fx, fy);
      const w10 = (fy << WEIGHT_BITS) - w11;
      const w01 = (fx << WEIGHT_BITS) - w11;
      const w00 = (WEIGHT_ONE << WEIGHT_BITS) - w01 - w10 - w11;
      target[at] =
        (Math.imul(source[p]!, w00) +
          Math.imul(source[p + 3]!, w01) +
          Math.imul(source[q]!, w10) +
          Math.imul(source[q + 3]!, w11) +
          HALF) >>
        (2 * WEIGHT_BITS);
      target[at + 1] =
        (Math.imul(source[p + 1]!, w00) +
          Math.imul(source[p + 4]!, w01) +
          Math.imul(source[q + 1]!, w10) +
          Math.imul(source[q + 4]!, w11) +
          HALF) >>
        (2 * WEIGHT_BITS);
      target[at + 2] =
        (Math.imul(source[p + 2]!, w00) +
          Math.imul(source[p + 5]!, w01) +
          Math.imul(source[q + 2]!, w10) +
          Math.imul(source[q + 5]!, w11) +
          HALF) >>
        (2 * WEIGHT_BITS);
      px = (px + dx) | 0;
      py = (py + dy) | 0;
    }
  }

  #edge(
    source: Uint8Array,
    target: Uint8Array,
    y: number,
    from: number,
    to: number,
    sx: number,
    sy: number,
    dx: number,
    dy: number,
  ): void {
    const { width, channels } = this.#size;
    let at = (y * width + from) * channels;
    for (let x = from; x < to; x++, at += channels) {
      this.#sample(source, target, at, sx + x * dx, sy + x * dy);
    }
  }

  /** Projective maps, displaced pixels, and coordinates too large for the fast loops. */
  #general(source: Uint8Array, target: Uint8Array, field: Field | undefined): void {
    const { height, width, channels } = this.#size;
    const m = this.#map;
    for (let y = 0, index = 0; y < height; y++) {
      for (let x = 0; x < width; x++, index++) {
        const w = m[6]! * x + m[7]! * y + m[8]!;
        // Behind the eye: nothing is there.
        const scale = w > 1e-6 ? 1 / w : Infinity;
        const px = (m[0]! * x + m[1]! * y + m[2]!) * scale + (field ? field.x[index]! : 0);
        const py = (m[3]! * x + m[4]! * y + m[5]!) * scale + (field ? field.y[index]! : 0);
        if (px >= 0 && py >= 0 && px < width - 1 && py < height - 1) {
          this.#inside(source, target, index * channels, px, py);
        } else {
          this.#sample(source, target, index * channels, fixed(px), fixed(py));
        }
      }
    }
  }

  /** One pixel whose neighbours are all inside. */
  #inside(source: Uint8Array, target: Uint8Array, at: number, px: number, py: number): void {
    const { width, channels } = this.#size;
    const x = Math.round(px * WEIGHT_ONE);
    const y = Math.round(py * WEIGHT_ONE);
    const fx = x & (WEIGHT_ONE - 1);
    const fy = y & (WEIGHT_ONE - 1);
    const p = Math.imul(Math.imul(y >> WEIGHT_BITS, width) + (x >> WEIGHT_BITS), channels);
    // On the last pixel of a row or column the neighbour has no weight, and may not be there.
    const right = fx === 0 ? 0 : channels;
    const down = fy === 0 ? 0 : width * channels;
    for (let c = 0; c < channels; c++) {
      const q = p + c;
      const top = source[q]! * (WEIGHT_ONE - fx) + source[q + right]! * fx;
      const low = source[q + down]! * (WEIGHT_ONE - fx) + source[q + down + right]! * fx;
      target[at + c] =
        (Math.imul(top, WEIGHT_ONE - fy) + Math.imul(low, fy) + HALF) >> (2 * WEIGHT_BITS);
    }
  }

  /** One pixel whose neighbours may lie beyond the edge; coordinates in fixed point. */
  #sample(source: Uint8Array, target: Uint8Array, at: number, px: number, py: number): void {
    const { height, width, channels } = this.#size;
    const fill = this.#fill;
    const value = this.#fillValue;
    const ix = Math.floor(px / ONE);
    const iy = Math.floor(py / ONE);
    const fx = (px - ix * ONE) >> WEIGHT_SHIFT;
    const fy = (py - iy * ONE) >> WEIGHT_SHIFT;
    const x0 = edgeIndex(ix, width, fill);
    const x1 = edgeIndex(ix + 1, width, fill);
    const y0 = edgeIndex(iy, height, fill);
    const y1 = edgeIndex(iy + 1, height, fill);
    const [top, low] = [y0 * width, y1 * width];
    for (let c = 0; c < channels; c++) {
      const v00 = x0 < 0 || y0 < 0 ? value : source[(top + x0) * channels + c]!;
      const v01 = x1 < 0 || y0 < 0 ? value : source[(top + x1) * channels + c]!;
      const v10 = x0 < 0 || y1 < 0 ? value : source[(low + x0) * channels + c]!;
      const v11 = x1 < 0 || y1 < 0 ? value : source[(low + x1) * channels + c]!;
      const upper = v00 * (WEIGHT_ONE - fx) + v01 * fx;
      const lower = v10 * (WEIGHT_ONE - fx) + v11 * fx;
      target[at + c] = (upper * (WEIGHT_ONE - fy) + lower * fy + HALF) >> (2 * WEIGHT_BITS);
    }
  }
}

function isCopy(m: Float64Array): boolean {
  return (
    Math.abs(m[0]!) === 1 &&
    Math.abs(m[4]!) === 1 &&
    m[1] === 0 &&
    m[3] === 0 &&
    Number.isInteger(m[2]) &&
    Number.isInteger(m[5])
  );
}

function fixed(coordinate: number): number {
  return Math.round(Math.max(-FAR, Math.min(FAR, coordinate)) * ONE);
}

/** First step at which `start + step · delta` and the sample after it lie within `size` samples. */
function firstInside(start: number, delta: number, size: number): number {
  const last = (size - 1) * ONE - 1;
  if (delta > 0) return Math.max(0, Math.ceil(-start / delta));
  if (delta < 0) return Math.max(0, Math.ceil((last - start) / delta));
  return start >= 0 && start <= last ? 0 : Infinity;
}

/** One after the last such step. */
function endInside(start: number, delta: number, size: number): number {
  const last = (size - 1) * ONE - 1;
  if (delta > 0) return Math.floor((last - start) / delta) + 1;
  if (delta < 0) return Math.floor(-start / delta) + 1;
  return start >= 0 && start <= last ? Infinity : 0;
}
