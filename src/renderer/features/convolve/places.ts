/** Where a window lies on its input; indices only, the numbers come from the engine. */
import type { NumberGrid, SlideOperation } from '#shared/contract/index.ts';

/** Index of a cell → its place along each axis, the last axis fastest. */
export function placeOf(index: number, shape: readonly number[]): number[] {
  const place: number[] = [];
  let rest = index;
  for (const size of shape.toReversed()) {
    place.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return place;
}

/** Null outside. */
export function indexOf(place: readonly number[], shape: readonly number[]): number | null {
  let index = 0;
  for (const [axis, size] of shape.entries()) {
    const at = place[axis]!;
    if (at < 0 || at >= size) return null;
    index = index * size + at;
  }
  return index;
}

export interface Slide {
  /** Of the output. */
  shape: readonly number[];
  strides: readonly number[];
  before: readonly number[];
  window: readonly number[];
}

/** First place under the window at a position of the output; negative where it hangs over. */
export function startOf(position: number, { shape, strides, before }: Slide): number[] {
  return placeOf(position, shape).map((at, axis) => at * strides[axis]! - before[axis]!);
}

/** For each place of the window, the index in the input under it; null beside the input. */
export function under(position: number, slide: Slide, input: readonly number[]): (number | null)[] {
  const start = startOf(position, slide);
  const size = slide.window.reduce((product, edge) => product * edge, 1);
  return Array.from({ length: size }, (_, at) =>
    indexOf(
      placeOf(at, slide.window).map((offset, axis) => start[axis]! + offset),
      input,
    ),
  );
}

/** The position whose window has its middle nearest to a place of the input. */
export function positionAt(place: readonly number[], slide: Slide): number {
  const nearest = place.map((at, axis) => {
    const middle = (slide.window[axis]! - 1) / 2;
    const step = Math.round((at - middle + slide.before[axis]!) / slide.strides[axis]!);
    return Math.min(Math.max(0, step), slide.shape[axis]! - 1);
  });
  return indexOf(nearest, slide.shape) ?? 0;
}

/** What of a picture lies under the window, zeros beside it. */
export function patchOf(
  position: number,
  slide: Slide,
  picture: { width: number; height: number; pixels: Uint8Array },
): NumberGrid {
  const values = under(position, slide, [picture.height, picture.width]).map((index) =>
    index === null ? 0 : (picture.pixels[index] ?? 0),
  );
  return { shape: [...slide.window], values };
}

/** How a window lies on its input, from what was asked and answered. */
export function slideOf(
  { operation, strides }: { operation: SlideOperation; strides: number[] },
  shape: number[],
  before: number[],
): Slide {
  const window = operation.type === 'pool' ? operation.window : operation.kernel.shape;
  return { shape, strides, before, window };
}
