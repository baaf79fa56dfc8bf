import { describe, expect, it } from 'vitest';
import type { JobEvent } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { JobManager } from '../../../src/main/core/jobs.ts';
import { createLogger } from '../../../src/main/core/logger.ts';

const options = { kind: 'import', project: 'p1', title: 'Import', unit: 'files' } as const;

function manager(): JobManager {
  return new JobManager(createLogger('silent'));
}

describe('JobManager', () => {
  it('ends a job as done with the result of its work', async () => {
    const jobs = manager();
    const job = jobs.start(options, (control) => {
      control.progress(3, 3);
      return Promise.resolve({ type: 'import', report: 7 });
    });
    expect(job.state).toBe('running');
    const end = await jobs.finished(job.id);
    expect(end.state).toBe('done');
    expect(end.result).toEqual({ type: 'import', report: 7 });
    expect(end.progress).toMatchObject({ done: 3, total: 3 });
    expect(end.finishedAt).not.toBeNull();
  });

  it('keeps the code, message and hint of a failure', async () => {
    const jobs = manager();
    const job = jobs.start(options, () =>
      Promise.reject(new AppError('DISK_FULL', 'The disk is full.', { hint: 'Free some space.' })),
    );
    const end = await jobs.finished(job.id);
    expect(end.state).toBe('failed');
    expect(end.error).toMatchObject({
      code: 'DISK_FULL',
      message: 'The disk is full.',
      hint: 'Free some space.',
    });
  });

  it('turns a synchronous throw of the work into a failure too', async () => {
    const jobs = manager();
    const job = jobs.start(options, () => {
      throw new TypeError('boom');
    });
    expect((await jobs.finished(job.id)).error?.code).toBe('INTERNAL');
  });

  it('cancels through the signal, and a cancelled job is no failure', async () => {
    const jobs = manager();
    const job = jobs.start(
      options,
      (control) =>
        new Promise((_, reject) => {
          control.signal.addEventListener('abort', () => reject(control.signal.reason as Error));
        }),
    );
    await Promise.resolve();
    jobs.cancel(job.id);
    expect(jobs.get(job.id).state).toBe('cancelling');
    const end = await jobs.finished(job.id);
    expect(end.state).toBe('cancelled');
    expect(end.error).toBeNull();
  });

  it('is done, not cancelled, when the work finished in spite of the request', async () => {
    const jobs = manager();
    const release = Promise.withResolvers<undefined>();
    const job = jobs.start(options, async () => {
      await release.promise;
      return null;
    });
    jobs.cancel(job.id);
    release.resolve(undefined);
    expect((await jobs.finished(job.id)).state).toBe('done');
  });

  it('streams a snapshot first, then every change, and ends with its signal', async () => {
    const jobs = manager();
    const abort = new AbortController();
    const seen: JobEvent[] = [];
    const first = jobs.start(options, () => Promise.resolve(null));
    await jobs.finished(first.id);
    const watching = (async () => {
      for await (const event of jobs.watch(abort.signal)) {
        seen.push(event);
        if (event.type === 'update' && event.job.state === 'done') abort.abort();
      }
    })();
    const second = jobs.start({ ...options, title: 'Second' }, (control) => {
      control.phase('Counting');
      return Promise.resolve(null);
    });
    await watching;
    expect(seen[0]?.type).toBe('snapshot');
    const updates = seen.filter((event) => event.type === 'update');
    expect(updates.every((event) => event.job.id === second.id)).toBe(true);
    expect(updates.some((event) => event.job.phase === 'Counting')).toBe(true);
    expect(updates.at(-1)?.job.state).toBe('done');
  });

  it('forgets the oldest finished jobs, never a running one', async () => {
    const jobs = manager();
    const release = Promise.withResolvers<null>();
    const running = jobs.start(options, () => release.promise);
    for (let i = 0; i < 60; i++) {
      await jobs.finished(jobs.start(options, () => Promise.resolve(null)).id);
    }
    expect(jobs.list().length).toBeLessThanOrEqual(51);
    expect(jobs.get(running.id).state).toBe('running');
    release.resolve(null);
    await jobs.finished(running.id);
  });

  it('says so when a job is not known', () => {
    expect(() => manager().get('nope')).toThrow(AppError);
  });
});
