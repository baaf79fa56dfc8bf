import { setTimeout as sleep } from 'node:timers/promises';
import type { Run, RunEvent } from '#shared/contract/index.ts';

const INTERVAL_MS = 1000;

/**
 * The events of a run that another process trains: its rows are looked at again and again. Ends with
 * the run, or when `look` says that there is nothing to see any more.
 */
export async function* followRun(
  look: () => Run | null,
  signal?: AbortSignal,
): AsyncGenerator<RunEvent, void> {
  let seen = look();
  while (seen?.finishedAt === null) {
    try {
      await sleep(INTERVAL_MS, undefined, signal ? { signal } : {});
    } catch {
      return;
    }
    const now = look();
    if (!now) return;
    for (const metrics of now.epochs.slice(seen.epochs.length)) {
      yield { type: 'epoch', metrics, best: metrics.epoch === now.bestEpoch };
    }
    if (now.status !== seen.status) yield { type: 'run', run: now };
    seen = now;
  }
}
