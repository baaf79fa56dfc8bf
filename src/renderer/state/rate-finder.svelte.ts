/** A sweep through learning rates, as it happens. */
import type { FoveaClient, RateEvent, TrainOptions } from '#shared/contract/index.ts';

export type RatePoint = Extract<RateEvent, { type: 'rate' }>;

export class RateFinder {
  points = $state.raw<readonly RatePoint[]>([]);
  running = $state(false);
  /** How it ended; null before. */
  result = $state.raw<Extract<RateEvent, { type: 'done' }> | null>(null);
  failure = $state.raw<unknown>(null);

  readonly #client: FoveaClient;
  readonly #project: string;
  #stop: AbortController | null = null;

  constructor(client: FoveaClient, project: string) {
    this.#client = client;
    this.#project = project;
  }

  /** Resolves when the sweep has ended, however it ended. */
  async start(options: TrainOptions): Promise<void> {
    this.cancel();
    const stop = new AbortController();
    this.#stop = stop;
    this.points = [];
    this.result = null;
    this.failure = null;
    this.running = true;
    try {
      const events = await this.#client.runs.findRate(
        { project: this.#project, options },
        { signal: stop.signal },
      );
      for await (const event of events) {
        if (stop.signal.aborted) break;
        if (event.type === 'rate') this.points = [...this.points, event];
        if (event.type === 'done') this.result = event;
      }
    } catch (error) {
      // What was left by itself is no failure.
      if (!stop.signal.aborted) this.failure = error;
    } finally {
      if (this.#stop === stop) this.running = false;
    }
  }

  /** Ends the sweep; what was drawn stays. */
  cancel(): void {
    this.#stop?.abort();
    this.running = false;
  }
}
