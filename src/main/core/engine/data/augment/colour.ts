/**
 * Colour operations of one image. All that are linear in the channels are one matrix, applied in one
 * pass with one rounding; what is not (equalising and its kin) looks its values up in a table.
 */

/** Shares of red, green and blue in lightness (ITU-R BT.601). */
const LUMA = [0.299, 0.587, 0.114] as const;
const BITS = 16;
const HALF = 1 << (BITS - 1);

export class Colour {
  readonly #channels: number;
  /** Row-major 3×4: levels (0–255) of a pixel and 1 → its new levels. */
  readonly #matrix = new Float64Array(12);
  readonly #next = new Float64Array(12);
  readonly #fixed = new Int32Array(12);
  readonly #table: Uint8Array;
  readonly #counts = new Int32Array(256);
  #changed = false;

  constructor(channels: number) {
    this.#channels = channels;
    this.#table = new Uint8Array(256 * channels);
    this.#reset();
  }

  brightness(factor: number): void {
    this.#then(factor, 0, 0, 0, 0, factor, 0, 0, 0, 0, factor, 0);
  }

  /** Away from, or towards, the lightness that `pixels` has on average after what was done so far. */
  contrast(factor: number, pixels: Uint8Array): void {
    const offset = (1 - factor) * this.#meanLightness(pixels);
    this.#then(factor, 0, 0, offset, 0, factor, 0, offset, 0, 0, factor, offset);
  }

  saturation(factor: number): void {
    if (this.#channels !== 3) return;
    const [r, g, b] = LUMA.map((share) => share * (1 - factor)) as [number, number, number];
    this.#then(r + factor, g, b, 0, r, g + factor, b, 0, r, g, b + factor, 0);
  }

  /** Turns colours around the grey axis; keeps the sum of the channels. */
  hue(degrees: number): void {
    if (this.#channels !== 3) return;
    const angle = (degrees * Math.PI) / 180;
    const same = (1 + 2 * Math.cos(angle)) / 3;
    const cross = (1 - Math.cos(angle)) / 3;
    const turn = Math.sin(angle) / Math.sqrt(3);
    const [before, after] = [cross - turn, cross + turn];
    this.#then(same, before, after, 0, after, same, before, 0, before, after, same, 0);
  }

  shift(r: number, g: number, b: number): void {
    this.#then(1, 0, 0, r, 0, 1, 0, g, 0, 0, 1, b);
  }

  /** Does what was asked for since the last time, in place. */
  apply(pixels: Uint8Array): void {
    if (!this.#changed) return;
    const m = this.#matrix;
    const mixed = [1, 2, 4, 6, 8, 9].some((index) => m[index] !== 0);
    if (this.#channels === 3 && mixed) this.#mix(pixels);
    else {
      for (let c = 0; c < this.#channels; c++) {
        const [factor, offset] = [m[c * 5]!, m[c * 4 + 3]!];
        for (let level = 0; level < 256; level++) {
          this.#table[level * this.#channels + c] = clamp(Math.round(level * factor + offset));
        }
      }
      this.#lookUp(pixels);
    }
    this.#reset();
  }

  /** Keeps the highest `bits` bits of each level. */
  posterize(pixels: Uint8Array, bits: number): void {
    this.#eachLevel(pixels, (level) => level & (0xff00 >> bits));
  }

  /** Turns levels from `threshold` on into their negative. */
  solarize(pixels: Uint8Array, threshold: number): void {
    this.#eachLevel(pixels, (level) => (level >= threshold ? 255 - level : level));
  }

  /** Stretches each channel from its darkest and lightest level to the whole range. */
  autocontrast(pixels: Uint8Array): void {
    this.#eachChannel(pixels, (counts, put) => {
      const low = counts.findIndex((count) => count > 0);
      const high = counts.findLastIndex((count) => count > 0);
      const scale = high > low ? 255 / (high - low) : 1;
      const from = high > low ? low : 0;
      for (let level = 0; level < 256; level++) put(level, Math.floor((level - from) * scale));
    });
  }

  /** Makes all levels of each channel about equally frequent. */
  equalize(pixels: Uint8Array): void {
    this.#eachChannel(pixels, (counts, put) => {
      const total = counts.reduce((sum, count) => sum + count, 0);
      const last = counts[counts.findLastIndex((count) => count > 0)]!;
      const step = Math.floor((total - last) / 255);
      let sum = step >> 1;
      for (let level = 0; level < 256; level++) {
        put(level, step === 0 ? level : Math.floor(sum / step));
        sum += counts[level]!;
      }
    });
  }

  #reset(): void {
    this.#matrix.fill(0);
    this.#matrix[0] = this.#matrix[5] = this.#matrix[10] = 1;
    this.#changed = false;
  }

  /** Multiplies from the left: the next operation works on what came before. */
  #then(...step: number[]): void {
    const m = this.#matrix;
    const next = this.#next;
    for (let row = 0; row < 12; row += 4) {
      for (let column = 0; column < 4; column++) {
        let sum = column === 3 ? step[row + 3]! : 0;
        for (let k = 0; k < 3; k++) sum += step[row + k]! * m[k * 4 + column]!;
        next[row + column] = sum;
      }
    }
    m.set(next);
    this.#changed = true;
  }

  #meanLightness(pixels: Uint8Array): number {
    const m = this.#matrix;
    if (this.#channels === 1) return mean(pixels, 0, 1) * m[0]! + m[3]!;
    const means = LUMA.map((_, channel) => mean(pixels, channel, 3));
    return LUMA.reduce((total, share, row) => {
      const level = means.reduce((sum, value, k) => sum + m[row * 4 + k]! * value, m[row * 4 + 3]!);
      return total + share * level;
    }, 0);
  }

  #mix(pixels: Uint8Array): void {
    const f = this.#fixed;
    for (let index = 0; index < 12; index++)
      f[index] = Math.round(this.#matrix[index]! * 2 ** BITS);
    const [a, b, c, d, e, g, h, i, j, k, l, n] = [...f] as Twelve;
    for (let at = 0; at < pixels.length; at += 3) {
      const red = pixels[at]!;
      const green = pixels[at + 1]!;
      const blue = pixels[at + 2]!;
      pixels[at] = clamp((a * red + b * green + c * blue + d + HALF) >> BITS);
      pixels[at + 1] = clamp((e * red + g * green + h * blue + i + HALF) >> BITS);
      pixels[at + 2] = clamp((j * red + k * green + l * blue + n + HALF) >> BITS);
    }
  }

  #eachLevel(pixels: Uint8Array, change: (level: number) => number): void {
    for (let at = 0; at < this.#table.length; at++) {
      this.#table[at] = change(Math.floor(at / this.#channels));
    }
    this.#lookUp(pixels);
  }

  #eachChannel(
    pixels: Uint8Array,
    fill: (counts: Int32Array, put: (level: number, value: number) => void) => void,
  ): void {
    const channels = this.#channels;
    for (let c = 0; c < channels; c++) {
      this.#counts.fill(0);
      for (let at = c; at < pixels.length; at += channels) this.#counts[pixels[at]!]! += 1;
      fill(this.#counts, (level, value) => (this.#table[level * channels + c] = clamp(value)));
    }
    this.#lookUp(pixels);
  }

  #lookUp(pixels: Uint8Array): void {
    const table = this.#table;
    if (this.#channels === 1) {
      for (let at = 0; at < pixels.length; at++) pixels[at] = table[pixels[at]!]!;
      return;
    }
    for (let at = 0; at < pixels.length; at += 3) {
      pixels[at] = table[pixels[at]! * 3]!;
      pixels[at + 1] = table[pixels[at + 1]! * 3 + 1]!;
      pixels[at + 2] = table[pixels[at + 2]! * 3 + 2]!;
    }
  }
}

type Twelve = [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];

export function clamp(level: number): number {
  return level < 0 ? 0 : level > 255 ? 255 : level;
}

/** Of one channel. */
export function mean(pixels: Uint8Array, channel: number, channels: number): number {
  let sum = 0;
  for (let at = channel; at < pixels.length; at += channels) sum += pixels[at]!;
  return (sum * channels) / pixels.length;
}
