import type { Random } from '../../random.ts';
import { mean } from './colour.ts';
import type { Size } from './resample.ts';

export interface Box {
  top: number;
  left: number;
  height: number;
  width: number;
}

/** Draws where a box of this share of the area and this ratio of width to height lies, inside. */
export function drawBox(random: Random, size: Size, share: number, ratio: number): Box {
  const area = share * size.height * size.width;
  const height = atMost(Math.sqrt(area / ratio), size.height);
  const width = atMost(Math.sqrt(area * ratio), size.width);
  const top = Math.floor(random.uniform() * (size.height - height + 1));
  const left = Math.floor(random.uniform() * (size.width - width + 1));
  return { top, left, height, width };
}

function atMost(edge: number, limit: number): number {
  return Math.min(Math.max(1, Math.round(edge)), limit);
}

export type EraseFill = 'mean' | 'black' | 'grey' | 'noise';

/** Paints the box over, in place. */
export function erase(
  pixels: Uint8Array,
  size: Size,
  box: Box,
  fill: EraseFill,
  random: Random,
): void {
  const { width, channels } = size;
  const levels = Array.from({ length: channels }, (_, c) =>
    fill === 'mean' ? Math.round(mean(pixels, c, channels)) : fill === 'grey' ? 128 : 0,
  );
  for (let y = box.top; y < box.top + box.height; y++) {
    let at = (y * width + box.left) * channels;
    for (let x = 0; x < box.width; x++) {
      for (let c = 0; c < channels; c++, at++) {
        pixels[at] = fill === 'noise' ? random.uint32() >>> 24 : levels[c]!;
      }
    }
  }
}

/** The same box of another image, in place. */
export function paste(pixels: Uint8Array, other: Uint8Array, size: Size, box: Box): void {
  const stride = size.width * size.channels;
  for (let y = box.top; y < box.top + box.height; y++) {
    const from = y * stride + box.left * size.channels;
    pixels.set(other.subarray(from, from + box.width * size.channels), from);
  }
}
