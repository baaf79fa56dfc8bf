/** One engine process for many calls: started at the first, given up after a minute without any. */
import { AppError } from '#shared/errors.ts';
import type { EngineProcess } from './engine-process.ts';
import type { Listeners, Method, Methods } from './messages.ts';
import type { CallOptions } from './protocol.ts';

const IDLE_MS = 60_000;

export class SharedProcess {
  readonly #start: (signal: AbortSignal | undefined) => EngineProcess;
  #process: EngineProcess | undefined;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(start: (signal: AbortSignal | undefined) => EngineProcess) {
    this.#start = start;
  }

  /**
   * One that was already running may be dead without our knowing yet, or may die of something older
   * than this call: then it is made once more, to a fresh one.
   */
  async call<M extends Method>(
    method: M,
    input: Methods[M][0],
    options: CallOptions & Listeners<M> = {},
  ): Promise<Methods[M][1]> {
    if (options.signal?.aborted) throw cancelled();
    const running = this.#process?.alive ? this.#process : undefined;
    const process = (this.#process = running ?? this.#start(options.signal));
    try {
      return await this.#callOn(process, method, input, options);
    } catch (error) {
      if (options.signal?.aborted) throw cancelled();
      if (!running || running.alive || this.#closed) throw error;
      if (this.#process === running) this.#process = this.#start(options.signal);
      return await this.#callOn(this.#process, method, input, options);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    const process = this.#process;
    this.#process = undefined;
    await process?.close();
  }

  async #callOn<M extends Method>(
    process: EngineProcess,
    method: M,
    input: Methods[M][0],
    { signal, onProgress, onEvent }: CallOptions & Listeners<M>,
  ): Promise<Methods[M][1]> {
    clearTimeout(this.#idle);
    const { id, result } = process.call(method, input, { onProgress, onEvent });
    const cancel = () => process.cancel(id);
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await result;
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#restWhenIdle(process);
    }
  }

  #restWhenIdle(process: EngineProcess): void {
    if (process !== this.#process || process.busy) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      if (this.#process === process) this.#process = undefined;
      void process.close();
    }, IDLE_MS);
    this.#idle.unref();
  }
}

export function cancelled(): AppError {
  return new AppError('CANCELLED', 'Cancelled.');
}
