/** Where threads wait for each other. What was written before is seen by all behind it. */

const ARRIVED = 0;
const PHASE = 1;
const BROKEN = 2;
const FIELDS = 3;

/**
 * Looks at the memory so often before the thread sleeps, some 20 microseconds: halves of a batch
 * end almost together, and waking up takes longer than that.
 */
const SPINS = 2000;

/** So long a thread that breathes waits at a time. */
const BREATH_MS = 200;

/** Another thread failed: nobody will come any more. */
export class BrokenBarrier extends Error {}

export class Barrier {
  readonly #fields: Int32Array<SharedArrayBuffer>;
  readonly #threads: number;

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(FIELDS * Int32Array.BYTES_PER_ELEMENT);
  }

  constructor(buffer: SharedArrayBuffer, threads: number) {
    this.#fields = new Int32Array(buffer);
    this.#threads = threads;
  }

  get broken(): boolean {
    return Atomics.load(this.#fields, BROKEN) !== 0;
  }

  /**
   * Blocks until all threads have come.
   * @param breathe called between long waits, in a thread that has other things to notice
   * @throws BrokenBarrier if one never will come
   */
  async wait(breathe?: () => Promise<void>): Promise<void> {
    const fields = this.#fields;
    // Before the look at BROKEN: one that breaks later changes it.
    const phase = Atomics.load(fields, PHASE);
    this.#throwIfBroken();
    if (Atomics.add(fields, ARRIVED, 1) === this.#threads - 1) {
      Atomics.store(fields, ARRIVED, 0);
      this.#release();
    } else {
      for (let spin = 0; spin < SPINS && Atomics.load(fields, PHASE) === phase; spin++);
      while (Atomics.load(fields, PHASE) === phase) {
        const woken = Atomics.wait(fields, PHASE, phase, breathe && BREATH_MS);
        if (woken === 'timed-out') await breathe?.();
      }
    }
    this.#throwIfBroken();
  }

  /** Frees everyone who waits, now and from now on. */
  break(): void {
    Atomics.store(this.#fields, BROKEN, 1);
    this.#release();
  }

  #throwIfBroken(): void {
    if (this.broken) throw new BrokenBarrier('another thread failed');
  }

  #release(): void {
    Atomics.add(this.#fields, PHASE, 1);
    Atomics.notify(this.#fields, PHASE);
  }
}
