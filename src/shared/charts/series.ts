/** Points and lines as charts draw them, in the window and in reports; no DOM here. */

export interface Point {
  x: number;
  y: number;
}

export interface Series {
  id: string;
  /** Written at the end of the line and in the readout. */
  label: string;
  /** A colour token: '--series-1'. */
  color: string;
  points: readonly Point[];
  /** 'faint': a thin background line without a label, e.g. each batch. */
  style?: 'line' | 'faint' | 'dashed';
  /** As it was before smoothing: what readouts, tables and files say. */
  exact?: readonly Point[] | undefined;
  /** x of a point to ring, e.g. the best epoch. */
  mark?: number | undefined;
}

/** The point at `x`, else the nearest one; null of an empty line. Points ascend in x. */
export function nearest(points: readonly Point[], x: number): Point | null {
  let best: Point | null = null;
  for (const point of points) {
    if (best !== null && Math.abs(point.x - x) > Math.abs(best.x - x)) break;
    best = point;
  }
  return best;
}

export interface Range {
  min: number;
  max: number;
}

/**
 * Range of an accuracy axis: always up to 1, down to a round value below the lowest point, so that a
 * climb from 0.9 to 0.95 can be seen.
 */
export function accuracyRange(series: readonly Series[]): Range {
  const lowest = Math.min(1, ...series.flatMap((one) => one.points.map((point) => point.y)));
  // A fifth below the lowest point, so that the axis has round steps.
  const min = Math.floor(lowest * 5 - 0.1) / 5;
  return { min: Math.min(0.8, Math.max(0, min)), max: 1 };
}

/**
 * Range of a loss axis: from 0 to a little above the largest epoch value. The first batches of a
 * run are far above all that follows; the faint lines may run out of the frame for them.
 */
export function lossRange(series: readonly Series[]): Range {
  const solid = series.filter((one) => one.style !== 'faint');
  const shown = solid.some((one) => one.points.length > 0) ? solid : series;
  const values = shown.flatMap((one) => one.points.map((point) => point.y));
  const highest = Math.max(0, ...values.filter(Number.isFinite));
  return { min: 0, max: highest > 0 ? roundUp(highest * 1.03) : 1 };
}

/** Range of a loss axis in powers of ten, around what is above zero. */
export function logRange(series: readonly Series[]): Range {
  const values = series
    .filter((one) => one.style !== 'faint')
    .flatMap((one) => one.points.map((point) => point.y))
    .filter((value) => value > 0 && Number.isFinite(value));
  if (values.length === 0) return { min: 0.1, max: 1 };
  return { min: Math.min(...values) * 0.8, max: Math.max(...values) * 1.25 };
}

/**
 * An exponential mean along the points, without its bias towards the first.
 * @param weight of what came before, 0 to below 1
 */
export function smooth(points: readonly Point[], weight: number): Point[] {
  let [sum, weights] = [0, 0];
  return points.map(({ x, y }) => {
    sum = weight * sum + (1 - weight) * y;
    weights = weight * weights + (1 - weight);
    return { x, y: sum / weights };
  });
}

/** Each line smoothed, with what it was behind it, faint. */
export function smoothed(series: readonly Series[], weight: number): Series[] {
  if (weight === 0) return [...series];
  return series.flatMap((one): Series[] => {
    if (one.style === 'faint') return [one];
    const { mark, ...line } = one;
    return [
      { ...line, id: `${one.id}-exact`, style: 'faint' },
      { ...line, mark, points: smooth(one.points, weight), exact: one.points },
    ];
  });
}

/** The part of each line that lies in a range of x. */
export function within(series: readonly Series[], { min, max }: Range): Series[] {
  return series.map((one) => ({
    ...one,
    points: one.points.filter((point) => point.x >= min && point.x <= max),
  }));
}

/** The next number that an axis ends well at: 2.19 → 2.5, 0.83 → 1, 0.031 → 0.04. */
export function roundUp(value: number): number {
  const size = 10 ** Math.floor(Math.log10(value));
  const steps = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];
  const step = steps.find((candidate) => candidate * size >= value) ?? 10;
  return Number((step * size).toPrecision(3));
}

/**
 * Vertical places for labels at the ends of lines: as near to their line as can be, `gap` apart,
 * inside [top, bottom].
 */
export function spreadLabels(
  wanted: readonly number[],
  gap: number,
  top: number,
  bottom: number,
): number[] {
  const order = wanted.map((y, index) => ({ y, index })).sort((a, b) => a.y - b.y);
  let floor = top;
  for (const label of order) {
    label.y = Math.max(label.y, floor);
    floor = label.y + gap;
  }
  let ceiling = bottom;
  for (const label of order.toReversed()) {
    label.y = Math.min(label.y, ceiling);
    ceiling = label.y - gap;
  }
  const places = new Array<number>(wanted.length).fill(0);
  for (const label of order) places[label.index] = label.y;
  return places;
}

/** A vertical line with a word at a place on the x axis. */
export interface Mark {
  x: number;
  label: string;
}

/**
 * Rows for the words of marks, so that none lies over another: each in the first row that is free
 * there, null where none of `most` is. Earlier ones in the list come first.
 */
export function markRows(
  words: readonly { from: number; to: number }[],
  most = 3,
  gap = 6,
): (number | null)[] {
  const rows: { from: number; to: number }[][] = Array.from({ length: most }, () => []);
  return words.map((word) => {
    const free = rows.findIndex((row) =>
      row.every((other) => word.to + gap <= other.from || word.from >= other.to + gap),
    );
    rows[free]?.push(word);
    return free < 0 ? null : free;
  });
}

/** An SVG path through the points, scaled into `width` × `height` with a pixel of air. */
export function sparkPath(
  points: readonly Point[],
  width: number,
  height: number,
  range: Range,
): string {
  if (points.length === 0) return '';
  const first = points[0]!.x;
  const last = points.at(-1)!.x;
  const spanX = last - first || 1;
  const spanY = range.max - range.min || 1;
  const at = (point: Point) => {
    const x = 1 + ((point.x - first) / spanX) * (width - 2);
    const share = Math.min(1, Math.max(0, (point.y - range.min) / spanY));
    return `${x.toFixed(1)} ${(height - 1 - share * (height - 2)).toFixed(1)}`;
  };
  return `M${points.map(at).join('L')}`;
}
