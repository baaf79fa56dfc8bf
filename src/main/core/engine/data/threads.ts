import { setImmediate as turnOfEvents } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { AppError, fromErrorInfo, type ErrorInfo } from '#shared/errors.ts';
import { entries } from '../../entries.ts';
import type { EpochShare } from './data-worker.ts';
import type { EpochPlan, Rows } from './producer.ts';
import { createRing, receive, release, sharedBytes, stop } from './ring.ts';

/** Memory for batches that are ready before the device wants them. */
const AHEAD_BYTES = 32 * 1024 ** 2;
const MOST_BUFFERS = 8;
/** How long the reader sleeps before it looks whether a thread has failed. */
const PATIENCE_MS = 20;

/** One batch in the ring more than the device works on, and as many more as memory allows. */
export function ringDepth(batchBytes: number): number {
  return Math.max(2, Math.min(MOST_BUFFERS, Math.floor(AHEAD_BYTES / batchBytes)));
}

/** Threads that make batches ahead of the thread that trains. */
export class DataThreads {
  readonly #rowBytes: number;
  readonly #workers: Worker[];
  #buffers: Uint8Array[] = [];
  #failure: AppError | undefined;

  constructor(rows: Rows, count: number) {
    this.#rowBytes = rows.rowBytes;
    const workerData = shareable(rows);
    this.#workers = Array.from({ length: count }, () => {
      // The parent's flags (a debugger, a test runner's loader) are not the thread's.
      const worker = new Worker(entries.dataThread, { workerData, execArgv: [] });
      worker.on('message', (error: ErrorInfo) => this.#fail(fromErrorInfo(error)));
      worker.on('error', (error) => this.#fail(broken(error)));
      worker.on('exit', () => this.#fail(broken()));
      // The process may end although the thread waits for its next epoch.
      worker.unref();
      return worker;
    });
  }

  /**
   * The pixels of each batch in turn, valid until the next is asked for.
   *
   * Throws what a thread threw.
   */
  async *epoch(plan: EpochPlan): AsyncGenerator<Uint8Array> {
    const { order, batch, from, steps } = plan;
    const size = Math.min(batch, order.length) * this.#rowBytes;
    const buffers = this.#take(size);
    const ring = createRing(buffers);
    for (const [index, worker] of this.#workers.entries()) {
      const stride = this.#workers.length;
      const share: EpochShare = { ...plan, ring, first: from + index, stride };
      worker.postMessage(share);
    }
    try {
      for (let step = from; step < steps; step++) {
        let pixels: Uint8Array | undefined;
        while (!(pixels = receive(ring, step - from, PATIENCE_MS))) {
          // What the threads tell arrives in the event loop.
          await turnOfEvents();
          if (this.#failure) throw this.#failure;
        }
        yield pixels.subarray(0, Math.min(batch, order.length - step * batch) * this.#rowBytes);
        release(ring, step - from);
      }
      // Used up to the last: no thread writes here any more.
      this.#buffers = buffers;
    } finally {
      stop(ring);
    }
  }

  async close(): Promise<void> {
    for (const worker of this.#workers) worker.removeAllListeners('exit');
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  /** Those of the epoch before, if it was read to its end. */
  #take(size: number): Uint8Array[] {
    const kept = this.#buffers;
    this.#buffers = [];
    if (kept[0]?.length === size) return kept;
    return Array.from({ length: ringDepth(size) }, () => sharedBytes(size));
  }

  #fail(error: AppError): void {
    this.#failure ??= error;
  }
}

/** Memory that is not shared yet (a set that came through a channel) is copied once, not per thread. */
function shareable(rows: Rows): Rows {
  if (rows.kind === 'file' || rows.data.buffer instanceof SharedArrayBuffer) return rows;
  const data = sharedBytes(rows.data.byteLength);
  data.set(rows.data);
  return { ...rows, data };
}

function broken(cause?: unknown): AppError {
  return new AppError('ENGINE_FAILED', 'A data thread of the engine ended.', { cause });
}
