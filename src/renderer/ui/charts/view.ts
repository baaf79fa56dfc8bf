/** Which part of the x axis a chart shows: zooming and moving within its whole. No DOM here. */
import type { Range } from '#shared/charts/series.ts';

/** Less than this of the axis is not shown: a point and its neighbours. */
const leastSpan = 2;

/** `factor` below 1 zooms in, above 1 out, with `at` staying where it is; null: the whole. */
export function zoomed(view: Range, whole: Range, at: number, factor: number): Range | null {
  const span = Math.max(leastSpan, (view.max - view.min) * factor);
  if (span >= whole.max - whole.min) return null;
  const share = (at - view.min) / (view.max - view.min);
  return within({ min: at - share * span, max: at + (1 - share) * span }, whole);
}

export function moved(view: Range, whole: Range, by: number): Range {
  return within({ min: view.min + by, max: view.max + by }, whole);
}

/** What was dragged over; null where that is too little to have been meant. */
export function between(from: number, to: number, whole: Range): Range | null {
  const [min, max] = [Math.min(from, to), Math.max(from, to)];
  if (max - min < (whole.max - whole.min) / 100) return null;
  const middle = (min + max) / 2;
  const half = Math.max(leastSpan, max - min) / 2;
  return within({ min: middle - half, max: middle + half }, whole);
}

/** The same span, pushed inside the whole. */
function within({ min, max }: Range, whole: Range): Range {
  const span = Math.min(max - min, whole.max - whole.min);
  const start = Math.min(Math.max(min, whole.min), whole.max - span);
  return { min: start, max: start + span };
}
