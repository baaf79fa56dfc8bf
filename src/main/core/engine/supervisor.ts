/**
 * The core's side of the engine: starts engine processes when they are needed and implements the
 * `Engine` interface over their channels.
 *
 * Each training has a process of its own, previews of augmentation share one, everything else another. ONNX Runtime computes on the
 * thread that asked, so a prediction would otherwise wait behind training steps; and a training that
 * dies (out of memory, a driver) takes nothing else with it, and gives all its memory back when it
 * ends.
 */
import { AppError } from '#shared/errors.ts';
import { entries } from '../entries.ts';
import type { Logger } from '../logger.ts';
import { defaultThreads } from './backends/status.ts';
import { EngineProcess } from './engine-process.ts';
import type { Methods } from './messages.ts';
import type {
  CallOptions,
  Engine,
  RateJob,
  RatePoint,
  TrainEvent,
  TrainHandle,
  TrainJob,
} from './protocol.ts';
import { cancelled, SharedProcess } from './shared-process.ts';

export interface EngineOptions {
  /** The plain Node executable that runs the engine. */
  nodePath: string;
  log: Logger;
  /** Threads that a computation may use; by default the machine's cores, at most eight. */
  threads?: number;
}

/** A cancelled training that has not ended by then is killed. */
const CANCEL_GRACE_MS = 5000;

/** Nothing is started until the first call. */
export function createEngine(options: EngineOptions): Engine {
  return new Supervisor(options);
}

class Supervisor implements Engine {
  readonly #options: EngineOptions;
  readonly #trainings = new Set<EngineProcess>();
  readonly #shared: SharedProcess;
  /** Apart from what computes: a picture that follows a slider does not wait behind a batch. */
  readonly #previews: SharedProcess;
  #closed = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#shared = new SharedProcess((signal) => this.#start(signal));
    this.#previews = new SharedProcess((signal) => this.#start(signal));
  }

  info() {
    return this.#shared.call('info', {});
  }

  predict(job: Methods['predict'][0], options?: CallOptions) {
    return this.#shared.call('predict', job, options);
  }

  exportOnnx(job: Methods['exportOnnx'][0], options?: CallOptions) {
    return this.#shared.call('exportOnnx', job, options);
  }

  runExported(job: Methods['runExported'][0], options?: CallOptions) {
    return this.#shared.call('runExported', job, options);
  }

  augment(job: Methods['augment'][0], options?: CallOptions) {
    return this.#previews.call('augment', job, options);
  }

  train(job: TrainJob, onEvent: (event: TrainEvent) => void, signal?: AbortSignal): TrainHandle {
    let ask: ((what: 'stop' | 'pause') => void) | undefined;
    const listener = (event: TrainEvent | RatePoint): void => {
      if (event.type !== 'rate') onEvent(event);
    };
    const result = this.#alone('train', job, listener, signal, (asking) => (ask = asking));
    return { stop: () => ask?.('stop'), pause: () => ask?.('pause'), result };
  }

  findRate(job: RateJob, onPoint: (point: RatePoint) => void, signal?: AbortSignal) {
    const listener = (event: TrainEvent | RatePoint): void => {
      if (event.type === 'rate') onPoint(event);
    };
    return this.#alone('findRate', job, listener, signal);
  }

  /** A call in a process of its own. */
  async #alone<M extends 'train' | 'findRate'>(
    method: M,
    job: Methods[M][0],
    onEvent: (event: TrainEvent | RatePoint) => void,
    signal: AbortSignal | undefined,
    onStarted?: (ask: (what: 'stop' | 'pause') => void) => void,
  ): Promise<Methods[M][1]> {
    const process = this.#start(signal);
    this.#trainings.add(process);
    const { id, result } = process.call(method, job, { onEvent });
    onStarted?.((what) => process.ask(what, id));
    let killer: NodeJS.Timeout | undefined;
    const cancel = () => {
      process.cancel(id);
      killer = setTimeout(() => process.kill(), CANCEL_GRACE_MS);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await result;
    } catch (error) {
      throw signal?.aborted ? cancelled() : error;
    } finally {
      clearTimeout(killer);
      signal?.removeEventListener('abort', cancel);
      await process.close();
      this.#trainings.delete(process);
    }
  }

  #start(signal: AbortSignal | undefined): EngineProcess {
    if (this.#closed) throw new AppError('ENGINE_FAILED', 'The engine is closed.');
    if (signal?.aborted) throw cancelled();
    const { nodePath, log, threads = defaultThreads() } = this.#options;
    return new EngineProcess({ nodePath, entry: entries.engine, threads, log });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#trainings, this.#shared, this.#previews].map((one) => one.close()));
  }
}
