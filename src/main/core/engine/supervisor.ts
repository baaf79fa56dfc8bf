/**
 * The core's side of the engine: starts engine processes when they are needed and implements the
 * `Engine` interface over their channels.
 *
 * Each training has a process of its own, previews of augmentation share one, everything else another. ONNX Runtime computes on the
 * thread that asked, so a prediction would otherwise wait behind training steps; and a training that
 * dies (out of memory, a driver) takes nothing else with it, and gives all its memory back when it
 * ends.
 */
import { join } from 'node:path';
import type { EngineName } from '#shared/engine-names.ts';
import { AppError } from '#shared/errors.ts';
import { fineTuned } from '#shared/fine-tuning.ts';
import { entries } from '../entries.ts';
import type { Logger } from '../logger.ts';
import { chooseBackend, defaultThreads, runtimeVersion } from './backends/status.ts';
import { versionsMark } from './backends/versions-mark.ts';
import { EngineDeath, EngineProcess } from './engine-process.ts';
import { fallbackText, trainAcross } from './fallback.ts';
import { endedMemory, mayBeMemory, withSmallerBatch } from './memory-limits.ts';
import type {
  InspectCall,
  InspectOptions,
  InspectTask,
  InspectTasks,
  Subject,
} from './inspect/tasks.ts';
import type { Listeners, Methods } from './messages.ts';
import { Selection, benchmarkWork, choiceText } from './selection.ts';
import { workKey } from './work-key.ts';
import { Timings } from './timings.ts';
import type {
  BackendId,
  CallOptions,
  Engine,
  EngineChoice,
  EngineInfo,
  FeatureRows,
  MeasureOptions,
  Plane,
  MemoryNeed,
  RateJob,
  RatePoint,
  TrainEvent,
  TrainHandle,
  TrainJob,
  TrainResult,
  Work,
} from './protocol.ts';
import { cancelled, SharedProcess } from './shared-process.ts';

export interface EngineOptions {
  /** The plain Node executable that runs the engine. */
  nodePath: string;
  log: Logger;
  /** Where speeds are remembered and TensorFlow is looked for; without, neither happens. */
  dataDir?: string;
  /** Threads that a computation may use; by default the machine's cores, at most eight. */
  threads?: number;
}

/** A cancelled training that has not ended by then is killed. */
const CANCEL_GRACE_MS = 5000;

/** A file that is not read by then is given up. */
const IMPORT_MS = 120_000;

/** Models whose need of memory is remembered. */
const MOST_NEEDS = 20;

/** Nothing is started until the first call. */
export function createEngine(options: EngineOptions): Engine {
  return new Supervisor(options);
}

class Supervisor implements Engine {
  readonly #options: EngineOptions;
  readonly #threads: number;
  readonly #tensorflowDir: string | undefined;
  readonly #selection: Selection;
  readonly #needs = new Map<string, Promise<MemoryNeed>>();
  readonly #trainings = new Set<EngineProcess>();
  readonly #shared: SharedProcess;
  /** Apart from what computes: a picture that follows a slider does not wait behind a batch. */
  readonly #previews: SharedProcess;
  #closed = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#shared = new SharedProcess((signal) => this.#start(signal));
    this.#previews = new SharedProcess((signal) => this.#start(signal));
    const { dataDir } = options;
    this.#threads = options.threads ?? defaultThreads();
    this.#tensorflowDir = dataDir === undefined ? undefined : join(dataDir, 'tensorflow');
    const file = dataDir === undefined ? undefined : join(dataDir, 'engine-speeds.json');
    this.#selection = new Selection({
      threads: this.#threads,
      tensorflowDir: this.#tensorflowDir,
      timings: new Timings(file, versionsMark(this.#tensorflowDir, this.#threads)),
      startTrial: () => this.#start(undefined, true),
    });
  }

  async info(): Promise<EngineInfo> {
    const [choice] = await Promise.all([
      this.#selection.choose(benchmarkWork()),
      // The CPU is always there, unless the engine itself does not run.
      this.#shared.call('probe', { backend: 'cpu' }),
    ]);
    const versions = { node: process.versions.node, onnxruntime: runtimeVersion() };
    return { ...choice, versions };
  }

  async measure(options: MeasureOptions = {}): Promise<EngineInfo> {
    this.#selection.forget();
    await this.#selection.measure(benchmarkWork(), options, true);
    return await this.info();
  }

  choose(work: Work): Promise<EngineChoice> {
    return this.#selection.choose(work);
  }

  async time(work: Work, backend: EngineName, signal?: AbortSignal): Promise<void> {
    if (backend === 'auto') await this.#selection.measure(work, { signal });
    const { chosen } = backend === 'auto' ? await this.choose(work) : { chosen: backend };
    await this.#selection.time(chosen, work, signal);
  }

  memoryNeed(work: Methods['memoryNeed'][0]): Promise<MemoryNeed> {
    const backend = `memory ${work.prefix ?? 0}`;
    const key = workKey({ spec: work.spec, batch: work.classes, backend });
    const known = this.#needs.get(key) ?? this.#shared.call('memoryNeed', work);
    this.#needs.delete(key);
    // Asked for at each change of a form.
    this.#needs.set(key, known);
    for (const old of [...this.#needs.keys()].slice(0, -MOST_NEEDS)) this.#needs.delete(old);
    known.catch(() => this.#needs.delete(key));
    return known;
  }

  predict(job: Methods['predict'][0], options?: CallOptions) {
    return this.#shared.call('predict', job, options);
  }

  exportModel(job: Methods['exportModel'][0], options?: CallOptions) {
    return this.#shared.call('exportModel', job, options);
  }

  readExported(job: Methods['readExported'][0], options?: CallOptions) {
    return this.#shared.call('readExported', job, options);
  }

  /** Foreign files may be made to take for ever, or all memory: then only their process ends. */
  importModel(job: Methods['importModel'][0], { signal }: CallOptions = {}) {
    return this.#read('importModel', job, signal);
  }

  describeBackbone(job: Methods['describeBackbone'][0], { signal }: CallOptions = {}) {
    return this.#read('describeBackbone', job, signal);
  }

  /** In a process of its own, for so long: a file from anywhere may take all of its memory and more. */
  async #read<M extends 'importModel' | 'describeBackbone'>(
    method: M,
    job: Methods[M][0],
    signal: AbortSignal | undefined,
  ): Promise<Methods[M][1]> {
    const late = AbortSignal.timeout(IMPORT_MS);
    const either = signal ? AbortSignal.any([signal, late]) : late;
    try {
      return await this.#alone(method, job, {}, either);
    } catch (error) {
      if (!late.aborted && !(error instanceof EngineDeath)) throw error;
      const subject = job.file;
      throw new AppError('SOURCE_UNREADABLE', `${subject} takes too much time or memory to read.`, {
        subject,
        cause: error,
      });
    }
  }

  runExported(job: Methods['runExported'][0], options?: CallOptions) {
    return this.#shared.call('runExported', job, options);
  }

  async features(
    job: Methods['features'][0],
    onRows: (rows: FeatureRows) => void,
    { signal, onProgress }: CallOptions = {},
  ) {
    return await this.#alone('features', job, { onEvent: onRows, onProgress }, signal);
  }

  augment(job: Methods['augment'][0], options?: CallOptions) {
    return this.#previews.call('augment', job, options);
  }

  async inspect<T extends InspectTask>(
    task: T,
    subject: Subject,
    input: InspectTasks[T]['input'],
    { onStep, ...options }: InspectOptions<T> = {},
  ): Promise<InspectTasks[T]['output']> {
    // The channel carries any task; this task's own types go in, so its own come out.
    const call = { task, subject, input } as InspectCall;
    return await this.#shared.call('inspect', call, { ...options, onEvent: onStep });
  }

  arrange(job: Methods['arrange'][0], onStep: (plane: Plane) => void, options?: CallOptions) {
    return this.#shared.call('arrange', job, { ...options, onEvent: onStep });
  }

  slide(job: Methods['slide'][0], options?: CallOptions) {
    return this.#previews.call('slide', job, options);
  }

  train(job: TrainJob, onEvent: (event: TrainEvent) => void, signal?: AbortSignal): TrainHandle {
    const asked = new Asked();
    const result = this.#train(job, onEvent, signal, asked);
    return { stop: () => asked.make('stop'), pause: () => asked.make('pause'), result };
  }

  async findRate(job: RateJob, onPoint: (point: RatePoint) => void, signal?: AbortSignal) {
    const { backend, spec, classNames, batch, backbones } = job;
    const work = { spec, classes: classNames.length, batch, backbones };
    const { chosen } = backend === 'auto' ? await this.choose(work) : { chosen: backend };
    const started = { ...job, backend: chosen };
    return await this.#alone('findRate', started, { onEvent: onPoint }, signal);
  }

  /** Chooses the backend, and goes on with the next one where one fails. */
  async #train(
    job: TrainJob,
    onEvent: (event: TrainEvent) => void,
    signal: AbortSignal | undefined,
    asked: Asked,
  ): Promise<TrainResult> {
    return await trainAcross(job, await this.#order(job, onEvent, signal), {
      attempt: (attempt) =>
        this.#alone('train', attempt, { onEvent }, signal, (ask) => asked.listen(ask)),
      isOver: () => this.#closed || signal?.aborted === true,
      onFallback: (from, to, error, resumed) => {
        this.#options.log.warn({ err: error, from, to }, 'backend failed');
        const text = fallbackText(this.#label(from), this.#label(to), error, resumed);
        onEvent({ type: 'fallback', from, to, text });
      },
      explained: (error) => this.#explained(error, job),
    });
  }

  async #order(
    { backend, spec, classNames, batch, backbones, features, finetune }: TrainJob,
    onEvent: (event: TrainEvent) => void,
    signal: AbortSignal | undefined,
  ): Promise<BackendId[]> {
    // What is behind features is so little that no device is worth asking.
    if (backend === 'cpu' || (features && !finetune)) return ['cpu'];
    const timed = finetune ? fineTuned(spec, finetune) : spec;
    const work = { spec: timed, classes: classNames.length, batch, backbones };
    if (backend === 'auto') {
      await this.#selection.measure(work, {
        signal,
        onProgress: ({ label }) => onEvent({ type: 'measure', label }),
      });
    }
    const choice = await this.#selection.choose(work);
    const text = backend === 'auto' ? choiceText(choice) : null;
    if (text !== null) onEvent({ type: 'choice', text });
    return this.#selection.order(backend, choice);
  }

  /** A call in a process of its own. */
  async #alone<M extends 'train' | 'findRate' | 'features' | 'describeBackbone' | 'importModel'>(
    method: M,
    job: Methods[M][0],
    listeners: Listeners<M>,
    signal: AbortSignal | undefined,
    onStarted?: (ask: (what: Ask) => void) => void,
  ): Promise<Methods[M][1]> {
    const process = this.#start(signal);
    this.#trainings.add(process);
    const { id, result } = process.call(method, job, listeners);
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

  /** Where memory ended, with the batch that fits. */
  async #explained(
    error: unknown,
    { spec, classNames, batch, backbones }: TrainJob,
  ): Promise<unknown> {
    if (!mayBeMemory(error)) return error;
    try {
      const need = await this.memoryNeed({ spec, classes: classNames.length, backbones });
      const free = process.availableMemory();
      return endedMemory(error, batch, need, free)
        ? withSmallerBatch(error, batch, need, free)
        : error;
    } catch (failure) {
      this.#options.log.warn({ err: failure }, 'the memory of a step is not known');
      return error;
    }
  }

  #label(backend: BackendId): string {
    return chooseBackend(backend, this.#threads).label;
  }

  #start(signal: AbortSignal | undefined, onTrial = false): EngineProcess {
    if (this.#closed) throw new AppError('ENGINE_FAILED', 'The engine is closed.');
    if (signal?.aborted) throw cancelled();
    const { nodePath, log } = this.#options;
    const env = this.#tensorflowDir ? { FOVEA_TENSORFLOW_DIR: this.#tensorflowDir } : undefined;
    return new EngineProcess({
      nodePath,
      entry: entries.engine,
      threads: this.#threads,
      log,
      env,
      onTrial,
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#trainings, this.#shared, this.#previews].map((one) => one.close()));
  }
}

type Ask = 'stop' | 'pause';

/** What the user asked of a training, told to whichever process trains at that moment. */
class Asked {
  #made: Ask | undefined;
  #listener: ((what: Ask) => void) | undefined;

  make(what: Ask): void {
    this.#made = what;
    this.#listener?.(what);
  }

  listen(listener: (what: Ask) => void): void {
    this.#listener = listener;
    if (this.#made) listener(this.#made);
  }
}
