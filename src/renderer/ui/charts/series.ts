/** Lines as the page draws them: those of reports, and one that grows while a training runs. */
import type { Point } from '#shared/charts/series.ts';

export * from '#shared/charts/series.ts';

/**
 * A line that grows by many small steps: smoothed as it comes (an exponential mean over `span` on
 * the x axis, without the bias towards its start), and thinned to at most `limit` points by
 * averaging neighbours, so an endless run needs no endless memory.
 */
export class GrowingLine {
  points: Point[] = [];
  #weighted = 0;
  #weight = 0;
  #last: number | null = null;
  readonly #span: number;
  readonly #limit: number;

  constructor(span: number, limit = 2000) {
    this.#span = span;
    this.#limit = limit;
  }

  /** Adds a value at `x`; points that go back in x (a repeated step) are ignored. */
  push(x: number, y: number): void {
    if (!Number.isFinite(y) || (this.#last !== null && x <= this.#last)) return;
    const step = this.#last === null ? this.#span / 4 : x - this.#last;
    const keep = Math.exp(-step / this.#span);
    this.#weighted = keep * this.#weighted + (1 - keep) * y;
    this.#weight = keep * this.#weight + (1 - keep);
    this.#last = x;
    this.points.push({ x, y: this.#weighted / this.#weight });
    if (this.points.length > this.#limit) this.points = halve(this.points);
  }
}

function halve(points: readonly Point[]): Point[] {
  const half: Point[] = [];
  for (let i = 0; i < points.length; i += 2) {
    const a = points[i]!;
    const b = points[i + 1] ?? a;
    half.push({ x: b.x, y: (a.y + b.y) / 2 });
  }
  return half;
}
