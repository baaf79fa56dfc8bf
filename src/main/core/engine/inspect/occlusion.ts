/** What covering a place takes away from a class's probability (Zeiler and Fergus 2014). */
import { probabilitiesOf, type Asked } from './answer.ts';
import type { OpenedRun } from './opened-run.ts';

export interface OcclusionOptions {
  /** Edge of the square that covers. */
  patch: number;
  /** Pixels between two places of it, in the end. */
  stride: number;
  /** What it is filled with. */
  fill: 'grey' | 'black' | 'white' | 'mean';
}

interface Size {
  height: number;
  width: number;
}

/** Covered pictures that the model sees together: a fraction of a second even of a large one. */
const TOGETHER = 16;

/**
 * After each few places the map so far: each pixel's mean loss of probability over the squares that
 * covered it. The first places lie side by side over the whole picture, then those between them.
 */
export async function* occlusion(
  opened: OpenedRun,
  pixels: Uint8Array,
  asked: Asked,
  options: OcclusionOptions,
): AsyncGenerator<{ done: number; total: number; values: Float32Array }, void> {
  const { model } = opened.run;
  const { channels, width } = model.input;
  const patch = Math.min(options.patch, model.input.height, width);
  const places = inPasses(model.input, patch, options.stride);
  const fill = filling(pixels, channels, options.fill);
  const sums = new Float64Array(pixels.length / channels);
  const counts = new Float64Array(sums.length);
  for (let done = 0; done < places.length;) {
    const part = places.slice(done, done + TOGETHER);
    const covered = new Uint8Array(part.length * pixels.length);
    part.forEach(({ top, left }, copy) => {
      const one = covered.subarray(copy * pixels.length, (copy + 1) * pixels.length);
      one.set(pixels);
      for (let row = top; row < top + patch; row++) {
        for (let column = left; column < left + patch; column++) {
          one.set(fill, (row * width + column) * channels);
        }
      }
    });
    const probabilities = await probabilitiesOf(opened, covered);
    part.forEach(({ top, left }, copy) => {
      const lost = asked.probability - probabilities[copy * model.classes + asked.class]!;
      for (let row = top; row < top + patch; row++) {
        for (let column = left; column < left + patch; column++) {
          sums[row * width + column]! += lost;
          counts[row * width + column]! += 1;
        }
      }
    });
    done += part.length;
    const values = Float32Array.from(sums, (sum, at) => (counts[at]! > 0 ? sum / counts[at]! : 0));
    yield { done, total: places.length, values };
  }
}

interface Place {
  top: number;
  left: number;
}

/** Every place of a grid once, the coarse ones first. */
function inPasses({ height, width }: Size, patch: number, stride: number): Place[] {
  const places = new Map<string, Place>();
  for (let step = patch; ; step = Math.max(stride, Math.floor(step / 2))) {
    for (const top of along(height - patch, step)) {
      for (const left of along(width - patch, step)) places.set(`${top} ${left}`, { top, left });
    }
    if (step <= stride) return [...places.values()];
  }
}

/** 0, step, 2·step … and the end. */
function along(end: number, step: number): number[] {
  const count = Math.ceil(end / step);
  return Array.from({ length: count + 1 }, (_, index) => Math.min(index * step, end));
}

function filling(pixels: Uint8Array, channels: number, fill: OcclusionOptions['fill']): Uint8Array {
  if (fill !== 'mean') {
    const level = { grey: 128, black: 0, white: 255 }[fill];
    return new Uint8Array(channels).fill(level);
  }
  const sums = new Float64Array(channels);
  for (const [at, value] of pixels.entries()) sums[at % channels]! += value;
  return Uint8Array.from(sums, (sum) => Math.round((sum * channels) / pixels.length));
}
