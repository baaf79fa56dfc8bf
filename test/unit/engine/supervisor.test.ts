/** The engine in processes of its own: crashes, cancelling, stopping. */
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { backendNames } from '#shared/engine-names.ts';
import { createEngine } from '#core/engine/supervisor.ts';
import type { Engine, TrainEvent } from '#core/engine/protocol.ts';
import { bars, engineWorkers, temporaryFolder, tinyJob } from './helpers.ts';

const engines: Engine[] = [];

function engine(nodePath = process.execPath): Engine {
  const created = createEngine({ nodePath, log: pino({ level: 'silent' }), threads: 1 });
  engines.push(created);
  return created;
}

afterEach(async () => {
  await Promise.all(engines.splice(0).map((one) => one.close()));
});

function untilFirst(type: TrainEvent['type']) {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  return {
    promise,
    onEvent: (event: TrainEvent) => {
      if (event.type === type) resolve(undefined);
    },
  };
}

describe('supervisor', () => {
  it('starts nothing before the first call', async () => {
    const one = engine();
    expect(engineWorkers()).toEqual([]);
    const info = await one.info();
    expect(info.chosen).toBe('cpu');
    expect(info.label).toBe('CPU · 1 thread');
    expect(info.backends.map(({ id }) => id)).toEqual([...backendNames]);
    expect(info.backends.every(({ reason }) => reason.length > 0)).toBe(true);
    // Others were tried in processes of their own, which are gone.
    expect(engineWorkers()).toHaveLength(1);
  });

  it('trains, predicts and leaves no process behind', async () => {
    const one = engine();
    const runDir = await temporaryFolder();
    const events: TrainEvent[] = [];
    const handle = one.train(tinyJob(runDir, { epochs: 2 }), (event) => events.push(event));
    expect(await handle.result).toMatchObject({ outcome: 'done', epochs: 2 });
    expect(events[0]?.type).toBe('start');
    expect(events.at(-1)?.type).toBe('epoch');
    expect(engineWorkers()).toEqual([]);
    const progress: number[] = [];
    const { images, classes } = await one.predict(
      { runDir, checkpoint: 'best', set: bars(50, 3), batch: 20 },
      { onProgress: ({ done }) => progress.push(done) },
    );
    expect([images, classes]).toEqual([50, 3]);
    expect(progress).toEqual([20, 40, 50]);
    await one.close();
    expect(engineWorkers()).toEqual([]);
  });

  it('answers while training', async () => {
    const one = engine();
    const runDir = await temporaryFolder();
    await one.train(tinyJob(runDir, { epochs: 1 }), () => undefined).result;
    const abort = new AbortController();
    const first = untilFirst('epoch');
    const long = one.train(
      tinyJob(await temporaryFolder(), { epochs: 100_000 }),
      first.onEvent,
      abort.signal,
    );
    await first.promise;
    await one.predict({ runDir, checkpoint: 'best', set: bars(10, 3) });
    abort.abort();
    await expect(long.result).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(engineWorkers()).toHaveLength(1);
  });

  it('stops after the epoch', async () => {
    const first = untilFirst('epoch');
    const handle = engine().train(
      tinyJob(await temporaryFolder(), { epochs: 100_000 }),
      first.onEvent,
    );
    await first.promise;
    handle.stop();
    expect((await handle.result).outcome).toBe('stopped');
  });

  it('does not start what was cancelled before', async () => {
    const handle = engine().train(tinyJob('/nowhere'), () => undefined, AbortSignal.abort());
    await expect(handle.result).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(engineWorkers()).toEqual([]);
  });

  it('turns the death of a training into an error, and works on', async () => {
    const one = engine();
    const first = untilFirst('epoch');
    const runDir = await temporaryFolder();
    const handle = one.train(tinyJob(runDir, { epochs: 100_000 }), first.onEvent);
    await first.promise;
    const [pid] = engineWorkers();
    process.kill(pid!, 'SIGKILL');
    await expect(handle.result).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: 'The engine process was ended by SIGKILL.',
    });
    // The checkpoint of a finished epoch is whole.
    const set = bars(5, 3);
    expect((await one.predict({ runDir, checkpoint: 'last', set })).images).toBe(5);
  });

  it('starts a new process when the shared one has died', async () => {
    const one = engine();
    await one.info();
    const [pid] = engineWorkers();
    process.kill(pid!, 'SIGKILL');
    // At once, when this process may not have heard of the death.
    expect((await one.info()).chosen).toBe('cpu');
    expect(engineWorkers()).not.toContain(pid);
  });

  it('repeats a call whose process died, and gives up when the next one dies too', async () => {
    const one = engine();
    const runDir = await temporaryFolder();
    await one.train(tinyJob(runDir, { epochs: 1 }), () => undefined).result;
    const set = bars(1000, 3);
    const predict = (kills: number) => {
      let left = kills;
      let last = 0;
      return one.predict(
        { runDir, checkpoint: 'best', set, batch: 1 },
        {
          onProgress() {
            if (left === 0) return;
            const [pid] = engineWorkers();
            if (pid === undefined || pid === last) return;
            left--;
            last = pid;
            process.kill(pid, 'SIGKILL');
          },
        },
      );
    };
    await one.info();
    expect((await predict(1)).images).toBe(1000);
    await expect(predict(2)).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: 'The engine process was ended by SIGKILL.',
    });
    expect((await predict(0)).images).toBe(1000);
  });

  it('carries coded errors over', async () => {
    const set = bars(5, 3);
    await expect(
      engine().predict({ runDir: await temporaryFolder(), checkpoint: 'best', set }),
    ).rejects.toMatchObject({ code: 'RUN_NOT_READY', hint: 'Wait for its first epoch to end.' });
    const job = tinyJob(await temporaryFolder(), { train: bars(0, 1) });
    await expect(engine().train(job, () => undefined).result).rejects.toMatchObject({
      code: 'NOT_ENOUGH_DATA',
    });
  });

  it('says that it cannot start', async () => {
    await expect(engine('/no/such/node').info()).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      subject: '/no/such/node',
    });
  });

  it('refuses calls after it is closed', async () => {
    const one = engine();
    await one.close();
    await expect(one.info()).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  });
});
