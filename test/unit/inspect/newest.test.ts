import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { newest } from '#core/inspect/newest.ts';

describe('a stream of what is newest', () => {
  it('gives what it is shown, then the result', async () => {
    const seen: number[] = [];
    const stream = newest<number>(async (show) => {
      show(1);
      await sleep(5);
      show(2);
      await sleep(5);
      return 3;
    });
    for await (const value of stream) seen.push(value);
    expect(seen).toEqual([1, 2, 3]);
  });

  it('skips what a slow reader missed, but never the result', async () => {
    const seen: number[] = [];
    const stream = newest<number>((show) => {
      for (let value = 0; value < 100; value++) show(value);
      return Promise.resolve(100);
    });
    for await (const value of stream) {
      seen.push(value);
      await sleep(2);
    }
    expect(seen.length).toBeLessThanOrEqual(2);
    expect(seen.at(-1)).toBe(100);
  });

  it('passes on what goes wrong, after what was shown before', async () => {
    const stream = newest<number>(async (show) => {
      show(1);
      await sleep(1);
      throw new Error('broken');
    });
    expect(await stream.next()).toEqual({ done: false, value: 1 });
    await expect(stream.next()).rejects.toThrow('broken');
  });

  it('aborts the work when it is left', async () => {
    let stopped: AbortSignal | undefined;
    const stream = newest<number>(async (show, signal) => {
      stopped = signal;
      show(1);
      await sleep(60_000, undefined, { signal });
      return 2;
    });
    for await (const value of stream) {
      expect(value).toBe(1);
      break;
    }
    expect(stopped?.aborted).toBe(true);
  });
});
