import { EventEmitter, on } from 'node:events';
import type { ChangeTopic, ProjectChange } from '#shared/contract/index.ts';
import { isCancellation } from '#shared/errors.ts';

const COALESCE_MS = 50;
/** More changed images than this are not named: a view then re-reads all it shows. */
const MAX_NAMED_IMAGES = 1000;

/** Says what changed in a project to whoever watches, gathered over a few milliseconds. */
export class ProjectChanges {
  readonly #events = new EventEmitter();
  #topics = new Set<ChangeTopic>();
  /** Null: some change named no images, or too many were named. */
  #images: Set<number> | null = new Set();
  #timer: NodeJS.Timeout | undefined;
  #watchers = 0;

  constructor() {
    this.#events.setMaxListeners(0);
  }

  /** @param images changed images, when they are known; leave out when any image may have changed */
  publish(topics: readonly ChangeTopic[], images?: readonly number[]): void {
    for (const topic of topics) this.#topics.add(topic);
    if (images === undefined || images.length > MAX_NAMED_IMAGES) this.#images = null;
    else for (const image of images) this.#images?.add(image);
    if (this.#images && this.#images.size > MAX_NAMED_IMAGES) this.#images = null;
    this.#timer ??= setTimeout(() => this.#flush(), COALESCE_MS);
  }

  /** How many follow the changes right now. */
  get watchers(): number {
    return this.#watchers;
  }

  async *watch(signal?: AbortSignal): AsyncGenerator<ProjectChange> {
    this.#watchers++;
    const closed = new AbortController();
    const close = (): void => closed.abort();
    this.#events.once('close', close);
    const signals = signal ? [signal, closed.signal] : [closed.signal];
    try {
      for await (const [change] of on(this.#events, 'change', {
        signal: AbortSignal.any(signals),
      })) {
        yield change as ProjectChange;
      }
    } catch (error) {
      if (!isCancellation(error)) throw error;
    } finally {
      this.#events.off('close', close);
      this.#watchers--;
    }
  }

  /** Ends all watchers. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#events.emit('close');
  }

  #flush(): void {
    this.#timer = undefined;
    const change: ProjectChange = { topics: [...this.#topics] };
    if (this.#images && this.#images.size > 0) change.images = [...this.#images];
    this.#topics = new Set();
    this.#images = new Set();
    this.#events.emit('change', change);
  }
}
