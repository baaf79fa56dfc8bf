/**
 * Batches on their way from data threads to the thread that trains: shared buffers in a ring, and a
 * number for each that says whose turn it is. Batch k lies in buffer k % depth. Its number is 2r while
 * its maker may write round r = ⌊k / depth⌋, 2r + 1 while the batch is ready, 2r + 2 once it is used up.
 */
const STOPPED = -1;

/** What one epoch's threads and reader share. */
export interface Ring {
  /** Int32: 1 once nobody wants more. */
  stopped: Int32Array;
  /** Int32, one a buffer. */
  turns: Int32Array;
  /** Uint8 over shared memory, each for one whole batch. */
  buffers: Uint8Array[];
}

export function sharedBytes(size: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(size));
}

export function createRing(buffers: Uint8Array[]): Ring {
  const numbers = (count: number) => new Int32Array(new SharedArrayBuffer(4 * count));
  return { stopped: numbers(1), turns: numbers(buffers.length), buffers };
}

function placeOf(ring: Ring, batch: number): { slot: number; round: number } {
  const depth = ring.buffers.length;
  return { slot: batch % depth, round: Math.floor(batch / depth) };
}

function bufferAt(ring: Ring, slot: number): Uint8Array {
  const buffer = ring.buffers[slot];
  if (!buffer) throw new RangeError(`the ring has no buffer ${slot}`);
  return buffer;
}

/** A maker's: waits until the batch's buffer is free; undefined once nobody wants it. Blocks. */
export function claim(ring: Ring, batch: number): Uint8Array | undefined {
  const { slot, round } = placeOf(ring, batch);
  for (;;) {
    const turn = Atomics.load(ring.turns, slot);
    if (Atomics.load(ring.stopped, 0) === 1) return undefined;
    if (turn === 2 * round) return bufferAt(ring, slot);
    Atomics.wait(ring.turns, slot, turn);
  }
}

/** A maker's: hands over what it claimed. */
export function publish(ring: Ring, batch: number): void {
  const { slot, round } = placeOf(ring, batch);
  Atomics.store(ring.turns, slot, 2 * round + 1);
  Atomics.notify(ring.turns, slot);
}

/** The reader's: the batch, or undefined if it did not come within `milliseconds`. Blocks as long. */
export function receive(ring: Ring, batch: number, milliseconds: number): Uint8Array | undefined {
  const { slot, round } = placeOf(ring, batch);
  const ready = () => Atomics.load(ring.turns, slot) === 2 * round + 1;
  if (!ready() && milliseconds > 0) Atomics.wait(ring.turns, slot, 2 * round, milliseconds);
  return ready() ? bufferAt(ring, slot) : undefined;
}

/** The reader's: the batch's buffer may be written again. */
export function release(ring: Ring, batch: number): void {
  const { slot, round } = placeOf(ring, batch);
  Atomics.store(ring.turns, slot, 2 * round + 2);
  Atomics.notify(ring.turns, slot);
}

/** The reader's: no batch is wanted any more; waiting makers wake up and leave. */
export function stop(ring: Ring): void {
  // First the flag: a maker that reads a turn from before it will find the turn changed.
  Atomics.store(ring.stopped, 0, 1);
  for (const slot of ring.turns.keys()) {
    Atomics.store(ring.turns, slot, STOPPED);
    Atomics.notify(ring.turns, slot);
  }
}
