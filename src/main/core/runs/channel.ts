import { EventEmitter, on } from 'node:events';
import type { RunEvent } from '#shared/contract/index.ts';
import { isCancellation } from '#shared/errors.ts';

export type BatchPoint = Extract<RunEvent, { type: 'batch' }>;

const MAX_POINTS = 1000;

/** What happens in one run, live, to any number of watchers; they get the line so far at first. */
export class RunChannel {
  readonly #events = new EventEmitter();
  #points: BatchPoint[];

  /** @param points the line before a pause */
  constructor(points: BatchPoint[] = []) {
    this.#points = points;
    this.#events.setMaxListeners(0);
  }

  publish(event: RunEvent): void {
    if (event.type === 'batch') {
      this.#points.push(event);
      // Every second point goes: the line keeps its span at half the detail.
      if (this.#points.length > MAX_POINTS) {
        this.#points = this.#points.filter((_, index) => index % 2 === 0);
      }
    }
    this.#events.emit('event', event);
  }

  /** The per-batch line until now, thinned out. */
  points(): BatchPoint[] {
    return [...this.#points];
  }

  /** Listens from this call on (not from the first `next`), until the channel closes. */
  listen(signal?: AbortSignal): AsyncGenerator<RunEvent, void> {
    const options = { close: ['close'], ...(signal ? { signal } : {}) };
    return forward(on(this.#events, 'event', options));
  }

  close(): void {
    this.#events.emit('close');
  }
}

async function* forward(events: AsyncIterable<unknown[]>): AsyncGenerator<RunEvent, void> {
  try {
    for await (const [event] of events) yield event as RunEvent;
  } catch (error) {
    if (!isCancellation(error)) throw error;
  }
}
