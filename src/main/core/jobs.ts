/** Long work: one list, one progress shape, one way to cancel. */
import { EventEmitter, on } from 'node:events';
import { randomUUID } from 'node:crypto';
import { AppError, isCancellation, toErrorInfo } from '#shared/errors.ts';
import type { Job, JobEvent } from '#shared/contract/index.ts';
import type { Logger } from './logger.ts';
import { RateMeter } from './util/rate-meter.ts';

export type JobResult = Job['result'];

export interface JobOptions {
  kind: Job['kind'];
  project: string;
  title: string;
  unit: string;
  run?: string;
}

/** What the work sees of its job. */
export interface JobControl {
  readonly id: string;
  readonly signal: AbortSignal;
  /** @param unit what progress counts from now on, if it changes: counting starts anew */
  phase(text: string, unit?: string): void;
  /** `total: null` while it is not known; `etaSeconds` where the work knows better than its speed. Updates reach watchers at most ten times a second. */
  progress(done: number, total: number | null, etaSeconds?: number | null): void;
}

interface Entry {
  job: Job;
  abort: AbortController;
  meter: RateMeter;
  finished: Promise<void>;
  lastUpdate: number;
}

const UPDATE_INTERVAL_MS = 100;
const KEEP_FINISHED = 50;

export class JobManager {
  readonly #entries = new Map<string, Entry>();
  readonly #events = new EventEmitter();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
    this.#events.setMaxListeners(0);
  }

  /**
   * Starts `work` at once and answers its job. The work's errors end in `job.error`, never in an
   * unhandled rejection; an abort of its signal ends it as 'cancelled'.
   */
  start(options: JobOptions, work: (control: JobControl) => Promise<JobResult>): Job {
    const abort = new AbortController();
    const job: Job = {
      id: randomUUID(),
      kind: options.kind,
      project: options.project,
      title: options.title,
      state: 'running',
      progress: { done: 0, total: null, unit: options.unit, rate: null, etaSeconds: null },
      phase: '',
      startedAt: Date.now(),
      finishedAt: null,
      error: null,
      result: null,
      run: options.run ?? null,
    };
    const entry: Entry = {
      job,
      abort,
      meter: new RateMeter(),
      finished: Promise.resolve(),
      lastUpdate: 0,
    };
    this.#entries.set(job.id, entry);
    entry.finished = this.#run(entry, work);
    this.#publish(entry, true);
    return structuredClone(job);
  }

  async #run(entry: Entry, work: (control: JobControl) => Promise<JobResult>): Promise<void> {
    const { job, abort } = entry;
    // The caller gets its job before the work's first synchronous part runs.
    await Promise.resolve();
    try {
      job.result = await work({
        id: job.id,
        signal: abort.signal,
        phase: (text, unit = job.progress.unit) => {
          job.phase = text;
          if (unit !== job.progress.unit) {
            entry.meter = new RateMeter();
            job.progress = { done: 0, total: null, unit, rate: null, etaSeconds: null };
          }
          this.#publish(entry, true);
        },
        progress: (done, total, etaSeconds) => {
          entry.meter.add(done);
          const rate = entry.meter.rate();
          job.progress = {
            ...job.progress,
            done,
            total,
            rate,
            etaSeconds:
              etaSeconds !== undefined
                ? etaSeconds
                : rate && total !== null
                  ? Math.max(0, (total - done) / rate)
                  : null,
          };
          this.#publish(entry, false);
        },
      });
      job.state = 'done';
    } catch (error) {
      if (isCancellation(error) || abort.signal.aborted) {
        job.state = 'cancelled';
      } else {
        job.state = 'failed';
        job.error = toErrorInfo(error);
        // What a user can act on reaches the user; only bugs are for the log.
        const level = error instanceof AppError ? 'info' : 'error';
        this.#log[level]({ err: error, job: job.id, kind: job.kind }, 'job failed');
      }
    }
    job.finishedAt = Date.now();
    job.progress.etaSeconds = null;
    this.#publish(entry, true);
    this.#forgetOldest();
  }

  list(): Job[] {
    return [...this.#entries.values()].map((entry) => structuredClone(entry.job));
  }

  get(id: string): Job {
    return structuredClone(this.#entry(id).job);
  }

  cancel(id: string): void {
    const entry = this.#entry(id);
    if (entry.job.state !== 'running') return;
    entry.job.state = 'cancelling';
    this.#publish(entry, true);
    entry.abort.abort(new AppError('CANCELLED', 'Cancelled.'));
  }

  clear(): void {
    for (const [id, entry] of this.#entries)
      if (entry.job.finishedAt !== null) this.#entries.delete(id);
    this.#events.emit('event', { type: 'snapshot', jobs: this.list() } satisfies JobEvent);
  }

  /** Resolves with the job when it has ended, however it ended. */
  async finished(id: string): Promise<Job> {
    const entry = this.#entry(id);
    await entry.finished;
    return structuredClone(entry.job);
  }

  async *watch(signal?: AbortSignal): AsyncGenerator<JobEvent> {
    // Listening starts before the snapshot is taken, so no change falls between the two.
    const events = on(this.#events, 'event', signal ? { signal } : {});
    try {
      yield { type: 'snapshot', jobs: this.list() };
      for await (const [event] of events) yield event as JobEvent;
    } catch (error) {
      if (!isCancellation(error)) throw error;
    } finally {
      // Also for a reader who leaves after the snapshot, before the loop.
      await events.return?.();
    }
  }

  /** Cancels the running jobs (of one project, or all) and waits for them. */
  async cancelAll(project?: string): Promise<void> {
    const chosen = [...this.#entries.values()].filter(
      (entry) => project === undefined || entry.job.project === project,
    );
    for (const entry of chosen) this.cancel(entry.job.id);
    await Promise.all(chosen.map((entry) => entry.finished));
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id);
    if (!entry) throw new AppError('NOT_FOUND', 'This job is not known any more.');
    return entry;
  }

  #publish(entry: Entry, always: boolean): void {
    const now = Date.now();
    if (!always && now - entry.lastUpdate < UPDATE_INTERVAL_MS) return;
    entry.lastUpdate = now;
    this.#events.emit('event', {
      type: 'update',
      job: structuredClone(entry.job),
    } satisfies JobEvent);
  }

  #forgetOldest(): void {
    const ended = [...this.#entries.values()].filter((entry) => entry.job.finishedAt !== null);
    for (const entry of ended.slice(0, Math.max(0, ended.length - KEEP_FINISHED))) {
      this.#entries.delete(entry.job.id);
    }
  }
}
