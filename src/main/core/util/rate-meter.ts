/** Units per second over a sliding window, from cumulative counts. */
export class RateMeter {
  readonly #windowMs: number;
  readonly #now: () => number;
  #samples: { at: number; count: number }[] = [];

  constructor(windowMs = 5000, now: () => number = () => performance.now()) {
    this.#windowMs = windowMs;
    this.#now = now;
  }

  /** @param count the running total, not the increment */
  add(count: number): void {
    const at = this.#now();
    this.#samples.push({ at, count });
    // One sample from before the window stays, so that the rate always spans the whole window.
    while (this.#samples.length > 2 && this.#samples[1]!.at < at - this.#windowMs) {
      this.#samples.shift();
    }
  }

  /** Null until two samples at least 200 ms apart have come. */
  rate(): number | null {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.at - first.at < 200) return null;
    return ((last.count - first.count) * 1000) / (last.at - first.at);
  }
}
