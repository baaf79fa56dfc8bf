/** Something asked of the core, of which only the newest answer counts. */
export class Question<T> {
  value = $state.raw<T | null>(null);
  /** Being asked now. */
  busy = $state(false);
  failure = $state.raw<unknown>(null);
  #key: string | null = null;
  #abort: AbortController | null = null;

  /**
   * Asks, unless the same was asked last and is being answered or has been. What was asked before is
   * cancelled; its answer stays until the new one is there.
   * @param key says what is asked
   * @param work may tell answers that get better before it gives the last one
   */
  async ask(
    key: string,
    work: (signal: AbortSignal, tell: (value: T) => void) => Promise<T>,
  ): Promise<void> {
    if (key === this.#key && this.failure === null) return;
    this.cancel();
    const abort = new AbortController();
    this.#abort = abort;
    this.#key = key;
    this.busy = true;
    this.failure = null;
    try {
      const value = await work(abort.signal, (early) => {
        if (this.#abort === abort) this.value = early;
      });
      if (this.#abort === abort) this.value = value;
    } catch (error) {
      if (this.#abort === abort) {
        this.value = null;
        this.failure = error;
      }
    } finally {
      if (this.#abort === abort) {
        this.#abort = null;
        this.busy = false;
      }
    }
  }

  /** Gives up what is being asked; asked again, it is asked anew. */
  cancel(): void {
    if (!this.#abort) return;
    this.#abort.abort();
    this.#abort = null;
    this.#key = null;
    this.busy = false;
  }

  clear(): void {
    this.cancel();
    this.#key = null;
    this.value = null;
    this.failure = null;
  }
}
