/** Which backend trains: what works here, how fast it is on this model, which one `auto` takes. */
import { backendNames } from '#shared/engine-names.ts';
import { AppError, isCancellation, toErrorInfo } from '#shared/errors.ts';
import { findPreset } from '#shared/presets/index.ts';
import { chooseBackend, missing } from './backends/status.ts';
import type { StartedCall } from './engine-process.ts';
import type { Method, Methods } from './messages.ts';
import type { BackendId, BackendStatus, EngineChoice, MeasureOptions, Work } from './protocol.ts';
import type { Timing, Timings } from './timings.ts';

/** A process for one question, which may die of it. */
export interface Trial {
  call<M extends Method>(method: M, input: Methods[M][0]): StartedCall<M>;
  kill(): void;
  close(): Promise<void>;
}

export interface SelectionOptions {
  threads: number;
  tensorflowDir: string | undefined;
  timings: Timings;
  startTrial(): Trial;
}

/** Drivers that hang, and shaders that take forever, count as failures. */
const PROBE_LIMIT_MS = 10_000;
const MEASURE_LIMIT_MS = 60_000;

const images = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const speed = (rate: number): string => `${images.format(rate)} images/s`;

/** What a machine is measured with when no model is meant. */
export function benchmarkWork(): Work {
  const preset = findPreset('fashion-cnn');
  if (!preset) throw new RangeError('the benchmark preset is missing');
  return { spec: preset.spec, classes: preset.classes, batch: preset.info.defaults.batch };
}

export class Selection {
  readonly #options: SelectionOptions;
  /** Id → why it does not work, null where it does. Found once, at first need. */
  #found: Promise<ReadonlyMap<BackendId, string | null>> | undefined;

  constructor(options: SelectionOptions) {
    this.#options = options;
  }

  /** Forgets which backends work: a driver may have been installed. */
  forget(): void {
    this.#found = undefined;
  }

  /** From what was timed before. */
  async choose(work: Work): Promise<EngineChoice> {
    const found = await this.#reasons();
    const timed = new Map<BackendId, Timing>();
    for (const [id, reason] of found) {
      const timing = reason === null ? this.#options.timings.get(id, work) : null;
      if (timing) timed.set(id, timing);
    }
    const chosen = fastest(timed);
    const backends = backendNames.map((id) =>
      this.#status(id, found.get(id) ?? null, timed.get(id), chosen),
    );
    const working = backends.filter(({ available }) => available);
    const decided = working.length < 2 || working.every(({ id }) => timed.has(id));
    return { chosen, label: this.#label(chosen), decided, backends };
  }

  /**
   * Times what was not timed yet, if there is a choice at all.
   * @param again also what was
   */
  async measure(work: Work, { signal, onProgress }: MeasureOptions, again = false): Promise<void> {
    const found = await this.#reasons();
    const working = backendNames.filter((id) => found.get(id) === null);
    if (working.length < 2 && !again) return;
    const { timings } = this.#options;
    const due = working.filter((id) => again || !timings.get(id, work));
    for (const [index, id] of due.entries()) {
      signal?.throwIfAborted();
      onProgress?.({ label: this.#label(id), index, total: due.length });
      timings.set(id, work, await this.#time(id, work, signal));
    }
  }

  /** Times one backend, unless it was timed before. */
  async time(id: BackendId, work: Work, signal?: AbortSignal): Promise<void> {
    const { timings } = this.#options;
    if (!timings.get(id, work)) timings.set(id, work, await this.#time(id, work, signal));
  }

  /** In the order in which they are to be tried; the CPU is the last resort. */
  order(wanted: BackendId | 'auto', { chosen, backends }: EngineChoice): BackendId[] {
    const rate = ({ imagesPerSecond }: BackendStatus): number => imagesPerSecond ?? 0;
    const others = backends
      .filter(({ id, available }) => available && id !== 'cpu')
      .filter(({ imagesPerSecond }) => imagesPerSecond !== null)
      .sort((one, other) => rate(other) - rate(one))
      .map(({ id }) => id);
    const first = wanted === 'auto' ? chosen : wanted;
    if (first === 'cpu') return ['cpu'];
    return [...new Set<BackendId>([first, ...others, 'cpu'])];
  }

  #reasons(): Promise<ReadonlyMap<BackendId, string | null>> {
    return (this.#found ??= this.#look());
  }

  async #look(): Promise<ReadonlyMap<BackendId, string | null>> {
    const found = await Promise.all(
      backendNames.map(async (id): Promise<[BackendId, string | null]> => {
        if (id === 'cpu') return [id, null];
        const reason = missing(id, this.#options.tensorflowDir);
        return [id, reason ?? (await this.#probe(id))];
      }),
    );
    return new Map(found);
  }

  async #probe(id: BackendId): Promise<string | null> {
    const { failure } = await this.#try('probe', { backend: id }, PROBE_LIMIT_MS);
    return failure === null ? null : `Not available: ${failure}`;
  }

  async #time(
    backend: BackendId,
    work: Work,
    signal: AbortSignal | undefined,
  ): Promise<Omit<Timing, 'at'>> {
    const input = { backend, work };
    const { output, failure } = await this.#try('measure', input, MEASURE_LIMIT_MS, signal);
    return { imagesPerSecond: output, failure };
  }

  /** Throws CANCELLED only: everything else that can happen is an answer. */
  async #try<M extends 'probe' | 'measure'>(
    method: M,
    input: Methods[M][0],
    limitMs: number,
    signal?: AbortSignal,
  ): Promise<{ output: Methods[M][1] | null; failure: string | null }> {
    const trial = this.#options.startTrial();
    const late = AbortSignal.timeout(limitMs);
    late.addEventListener('abort', () => trial.kill());
    const cancel = () => trial.kill();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return { output: await trial.call(method, input).result, failure: null };
    } catch (error) {
      if (signal?.aborted || isCancellation(error)) throw new AppError('CANCELLED', 'Cancelled.');
      const failure = late.aborted ? `no answer within ${limitMs / 1000} s` : plain(error);
      return { output: null, failure };
    } finally {
      signal?.removeEventListener('abort', cancel);
      await trial.close();
    }
  }

  #status(
    id: BackendId,
    reason: string | null,
    timing: Timing | undefined,
    chosen: BackendId,
  ): BackendStatus {
    const available = reason === null;
    const rate = timing?.imagesPerSecond ?? null;
    return {
      id,
      label: this.#label(id),
      available,
      reason: reason ?? describe(id, timing, id === chosen),
      imagesPerSecond: rate,
    };
  }

  #label(id: BackendId): string {
    return chooseBackend(id, this.#options.threads).label;
  }
}

function describe(id: BackendId, timing: Timing | undefined, chosen: boolean): string {
  if (timing?.failure) return `Cannot train this model: ${timing.failure}`;
  if (timing?.imagesPerSecond) {
    return `${chosen ? 'Chosen' : 'Slower'}: ${speed(timing.imagesPerSecond)}.`;
  }
  return id === 'cpu' ? 'Works on every machine.' : 'Works; how fast it is was not measured yet.';
}

function fastest(timed: ReadonlyMap<BackendId, Timing>): BackendId {
  let best: BackendId = 'cpu';
  for (const [id, { imagesPerSecond }] of timed) {
    if ((imagesPerSecond ?? 0) > (timed.get(best)?.imagesPerSecond ?? 0)) best = id;
  }
  return best;
}

/** Why `auto` took what it took, where there was something to choose from. */
export function choiceText({ backends }: EngineChoice): string | null {
  const timed = backends.filter(({ available }) => available);
  if (timed.length < 2) return null;
  const parts = timed.map(({ label, imagesPerSecond, reason }) =>
    imagesPerSecond === null ? `${label}: ${lower(reason)}` : `${label}: ${speed(imagesPerSecond)}`,
  );
  return `Engines timed on this model: ${parts.join('; ')}.`;
}

const lower = (sentence: string): string =>
  sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, '');

/** What a driver says, without the runtime's source positions, and not longer than a sentence. */
function plain(error: unknown): string {
  const { message } = toErrorInfo(error);
  const said = message
    .replace(/^.*? cannot run this model: /s, '')
    .replace(/^\S*onnxruntime_src\S*\s.*?was false\.\s*/s, '')
    .replace(/\s+/g, ' ')
    .trim();
  return said.length > 200 ? `${said.slice(0, 200)}…` : said;
}
