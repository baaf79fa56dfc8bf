/** One run as it happens: its stored state, its epochs, and a smoothed line of its batches. */
import type { FoveaClient, Run, RunEvent } from '#shared/contract/index.ts';
import { GrowingLine, type Point } from '../ui/charts/series.ts';

export type BatchPoint = Extract<RunEvent, { type: 'batch' }>;

/** Whether a run still changes by itself. */
export function isActive(run: Pick<Run, 'status'>): boolean {
  return run.status === 'preparing' || run.status === 'running' || run.status === 'stopping';
}

/** Trained by another program: it has a model, and no course. */
export function isImported({ status, epochs }: Pick<Run, 'status' | 'epochs'>): boolean {
  return status === 'done' && epochs.length === 0;
}

/** Batches are smoothed over a tenth of an epoch. */
const span = 0.1;
const retryMs = 1000;

export class LiveRun {
  run = $state.raw<Run>()!;
  /** The last batch heard of; null before the first and after the end. */
  batch = $state.raw<BatchPoint | null>(null);
  /** x is in epochs, fractions included. */
  lossLine = $state.raw<readonly Point[]>([]);
  accuracyLine = $state.raw<readonly Point[]>([]);
  /** The stream broke off and is being taken up again. */
  lost = $state(false);

  readonly #client: FoveaClient;
  readonly #project: string;
  readonly #onStored: (run: Run) => void;
  readonly #stop = new AbortController();
  #loss = new GrowingLine(span);
  #accuracy = new GrowingLine(span);

  /** @param onStored told each time the run is heard of as it is stored, or reaches an epoch */
  constructor(
    client: FoveaClient,
    project: string,
    run: Run,
    onStored: (run: Run) => void = () => undefined,
  ) {
    this.#client = client;
    this.#project = project;
    this.#onStored = onStored;
    this.run = run;
  }

  /** Fraction of all epochs done, 0 to 1. */
  get progress(): number {
    const epochs = Math.max(1, this.run.options.epochs);
    const batch = this.batch;
    const done = batch ? batch.at : this.run.epochs.length;
    return Math.min(1, Math.max(done, this.run.epochs.length) / epochs);
  }

  /** The epoch being worked on, or the last one. */
  get epoch(): number {
    const reached = this.run.epochs.length;
    if (!isActive(this.run)) return reached;
    return Math.min(this.run.options.epochs, Math.max(this.batch?.epoch ?? 0, reached, 1));
  }

  /** Listens until the run has ended or `close` is called; a broken stream is taken up again. */
  async follow(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const events = await this.#client.runs.watch(
          { project: this.#project, run: this.run.id },
          { signal },
        );
        for await (const event of events) {
          this.lost = false;
          this.take(event);
        }
        if (!isActive(this.run)) return;
        this.#store(await this.#client.runs.get({ project: this.#project, run: this.run.id }));
        if (!isActive(this.run)) return;
      } catch {
        // Whatever it was, the stored run is the truth: try to hear it again until closed.
        if (this.#stop.signal.aborted) return;
        this.lost = true;
      }
      await pause(retryMs, signal);
    }
  }

  close(): void {
    this.#stop.abort();
  }

  /** Takes in one event of the stream. */
  take(event: RunEvent): void {
    switch (event.type) {
      case 'run':
        this.#store(event.run);
        if (!isActive(event.run)) this.batch = null;
        return;
      case 'epoch': {
        const { metrics, best } = event;
        const before = this.run.epochs.filter((epoch) => epoch.epoch < metrics.epoch);
        this.#store({
          ...this.run,
          epochs: [...before, metrics],
          bestEpoch: best ? metrics.epoch : this.run.bestEpoch,
        });
        return;
      }
      case 'batch': {
        this.batch = event;
        this.#loss.push(event.at, event.loss);
        this.#accuracy.push(event.at, event.accuracy);
        this.lossLine = [...this.#loss.points];
        this.accuracyLine = [...this.#accuracy.points];
        return;
      }
    }
  }

  #store(run: Run): void {
    this.run = run;
    this.#onStored(run);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
