import { once } from 'node:events';

/**
 * What a work shows on its way, and then its result. Whoever reads slowly misses some of what was
 * between, never the last; leaving the stream aborts the work.
 */
export async function* newest<T>(
  work: (show: (value: T) => void, signal: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
): AsyncGenerator<T, void> {
  const left = new AbortController();
  const news = new EventTarget();
  /** At most one. */
  const shown: T[] = [];
  const show = (value: T): void => {
    shown[0] = value;
    news.dispatchEvent(new Event('news'));
  };
  const stop = signal ? AbortSignal.any([signal, left.signal]) : left.signal;
  const result = work(show, stop).then(show);
  const ended = result.then(
    () => true,
    () => true,
  );
  try {
    for (let over = false; !over; yield* shown.splice(0)) {
      if (shown.length > 0) continue;
      over = await Promise.race([once(news, 'news').then(() => false), ended]);
    }
    await result;
  } finally {
    left.abort();
  }
}
