/** Backends that work, fail and die for real: WebGPU runs on a software Vulkan where there is one. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelSpec } from '#shared/model-spec.ts';
import { loadRun } from '#core/engine/checkpoint/run-folder.ts';
import type { Engine, TrainEvent, TrainJob, TrainResult } from '#core/engine/protocol.ts';
import { createEngine, type EngineOptions } from '#core/engine/supervisor.ts';
import { Timings } from '#core/engine/timings.ts';
import { hasSoftwareVulkan, softwareVulkan } from '../../helpers/software-vulkan.ts';
import { bars, engineWorkers, temporaryFolder, tinyJob, tinySpec } from './helpers.ts';

const engines: Engine[] = [];

beforeEach(() => {
  // Engine processes take these on; this process loads no driver.
  for (const [name, value] of Object.entries(softwareVulkan)) vi.stubEnv(name, value);
});

afterEach(async () => {
  await Promise.all(engines.splice(0).map((one) => one.close()));
  vi.unstubAllEnvs();
});

function engine(options: Partial<EngineOptions> = {}): Engine {
  const log = pino({ level: 'silent' });
  const created = createEngine({ nodePath: process.execPath, log, threads: 1, ...options });
  engines.push(created);
  return created;
}

async function run(
  one: Engine,
  job: TrainJob,
  onEvent: (event: TrainEvent) => void = () => undefined,
): Promise<{ events: TrainEvent[]; result: TrainResult }> {
  const events: TrainEvent[] = [];
  const { result } = one.train(job, (event) => {
    events.push(event);
    onEvent(event);
  });
  return { events, result: await result };
}

const of = <T extends TrainEvent['type']>(events: TrainEvent[], type: T) =>
  events.filter((event): event is Extract<TrainEvent, { type: T }> => event.type === type);

/** Whatever needs care on WebGPU: overlapping pools, six channels, dropout, moving averages, many parameters. */
const spec: ModelSpec = {
  ...tinySpec,
  layers: [
    { type: 'conv2d', filters: 4, kernel: [3, 3], padding: 'same', activation: 'relu' },
    { type: 'batchnorm' },
    { type: 'maxpool2d', size: [3, 3], strides: [2, 2], padding: 'same' },
    { type: 'conv2d', filters: 6, kernel: [3, 3], padding: 'same' },
    { type: 'conv2d', filters: 8, kernel: [3, 3], padding: 'same' },
    { type: 'maxpool2d', size: [2, 2] },
    { type: 'flatten' },
    { type: 'dropout', rate: 0.25 },
    { type: 'dense', units: 8, activation: 'tanh' },
    { type: 'dense', units: 'classes', activation: 'softmax' },
  ],
  optimizer: { type: 'sgd', momentum: 0.9 },
};

describe.skipIf(!hasSoftwareVulkan)('WebGPU on a software driver', { timeout: 120_000 }, () => {
  it('trains to the numbers of the CPU', async () => {
    const one = engine();
    const set = bars(40, 1);
    const jobs = await Promise.all(
      (['cpu', 'webgpu'] as const).map(async (backend) =>
        tinyJob(await temporaryFolder(), { spec, backend, epochs: 1, train: set, validation: set }),
      ),
    );
    const losses: number[] = [];
    const weights = [];
    for (const job of jobs) {
      const { events } = await run(one, job);
      expect(of(events, 'start').map(({ backend }) => backend)).toEqual([job.backend]);
      expect(of(events, 'fallback')).toEqual([]);
      losses.push(of(events, 'epoch')[0]!.metrics.valLoss!);
      weights.push((await loadRun(job.runDir, 'last')).parameters);
    }
    expect(losses[1]).toBeCloseTo(losses[0]!, 4);
    for (const [name, { data }] of weights[0]!) {
      const found = weights[1]!.get(name)!.data;
      data.forEach((value, at) => expect(found[at]).toBeCloseTo(value, 4));
    }
  });

  it('is timed once, beside the CPU, and remembered', async () => {
    const dataDir = await temporaryFolder();
    const job = tinyJob(await temporaryFolder(), { epochs: 1, backend: 'auto' });
    const work = { spec: job.spec, classes: 3, batch: job.batch };
    const first = engine({ dataDir });
    expect((await first.choose(work)).decided).toBe(false);
    const { events } = await run(first, job);
    expect(of(events, 'measure').map(({ label }) => label)).toEqual(['CPU · 1 thread', 'WebGPU']);
    expect(of(events, 'choice')[0]!.text).toMatch(
      /^Engines timed on this model: CPU · 1 thread: [\d,]+ images\/s; WebGPU: [\d,]+ images\/s\.$/,
    );
    const { decided, chosen, backends } = await first.choose(work);
    expect(decided).toBe(true);
    const rates = backends.filter(({ available }) => available);
    const best = rates.reduce((a, b) => (b.imagesPerSecond! > a.imagesPerSecond! ? b : a));
    expect(chosen).toBe(best.id);
    expect(best.reason).toMatch(/^Chosen: /);

    const again = await run(engine({ dataDir }), { ...job, runDir: await temporaryFolder() });
    expect(of(again.events, 'measure')).toEqual([]);
    expect(of(again.events, 'start')[0]!.backend).toBe(best.id);
  });

  it('hands a run on to the CPU when its process dies', async () => {
    const job = tinyJob(await temporaryFolder(), { epochs: 4, backend: 'webgpu' });
    let killed = false;
    const { events, result } = await run(engine(), job, (event) => {
      if (event.type !== 'epoch' || killed) return;
      killed = true;
      for (const pid of engineWorkers()) process.kill(pid, 'SIGKILL');
    });
    const [fallback] = of(events, 'fallback');
    expect(fallback).toMatchObject({ from: 'webgpu', to: 'cpu' });
    expect(fallback!.text).toBe(
      'WebGPU failed: The engine process was ended by SIGKILL. CPU · 1 thread went on after the last checkpoint.',
    );
    expect(of(events, 'start').map(({ backend }) => backend)).toEqual(['webgpu', 'cpu']);
    expect(of(events, 'resume')[0]!.metrics!.epoch).toBeGreaterThanOrEqual(1);
    expect(result).toMatchObject({ outcome: 'done', epochs: 4 });
    expect((await loadRun(job.runDir, 'last')).metadata).toMatchObject({ epoch: '4' });
  });
});

describe('a backend that does not work', () => {
  it.skipIf(process.platform !== 'linux')('says why, and the CPU trains instead', async () => {
    vi.stubEnv('VK_ICD_FILENAMES', '/nowhere/driver.json');
    vi.stubEnv('VK_DRIVER_FILES', '/nowhere/driver.json');
    const one = engine();
    const { backends, chosen } = await one.info();
    expect(chosen).toBe('cpu');
    const webgpu = backends.find(({ id }) => id === 'webgpu');
    expect(webgpu).toMatchObject({ available: false });
    expect(webgpu!.reason).toMatch(/^Not available: .*adapter/);
    const job = tinyJob(await temporaryFolder(), { epochs: 1, backend: 'webgpu' });
    const { events, result } = await run(one, job);
    expect(of(events, 'fallback')[0]!.text).toMatch(
      /^WebGPU failed: .* CPU · 1 thread went on from the start\.$/,
    );
    expect(result.epochs).toBe(1);
  });

  it('takes nothing with it when its process dies', async () => {
    const work = { spec: tinySpec, classes: 3, batch: 8 };
    const { backends } = await engine({ nodePath: '/bin/false' }).choose(work);
    expect(backends.find(({ id }) => id === 'webgpu')).toMatchObject({
      available: false,
      reason: 'Not available: The engine process ended with code 1.',
    });
  });
});

describe('speeds', () => {
  it('are forgotten when a runtime or driver changes', async () => {
    const file = join(await temporaryFolder(), 'speeds.json');
    const work = { spec: tinySpec, classes: 3, batch: 8 };
    const before = new Timings(file, 'driver 1');
    before.set('webgpu', work, { imagesPerSecond: 100, failure: null });
    expect(new Timings(file, 'driver 1').get('webgpu', work)?.imagesPerSecond).toBe(100);
    expect(new Timings(file, 'driver 2').get('webgpu', work)).toBeNull();
    expect(before.get('webgpu', { ...work, batch: 16 })).toBeNull();
    await writeFile(file, 'damaged');
    expect(new Timings(file, 'driver 1').get('webgpu', work)).toBeNull();
  });
});

describe.skipIf(process.platform !== 'linux')('where memory ends', { timeout: 60_000 }, () => {
  it('names the batch that fits', async () => {
    const folder = await temporaryFolder();
    // A Node that may not have more than this: the runtime's arena is refused for real.
    const limited = join(folder, 'node');
    await writeFile(
      limited,
      `#!/bin/sh\nulimit -v 6000000\nexec '${process.execPath}' --max-old-space-size=512 "$@"\n`,
    );
    await chmod(limited, 0o755);
    const wide: ModelSpec = {
      ...tinySpec,
      layers: [
        { type: 'upsampling2d', size: [8, 8] },
        { type: 'conv2d', filters: 64, kernel: [3, 3], padding: 'same', activation: 'tanh' },
        { type: 'conv2d', filters: 64, kernel: [3, 3], padding: 'same', activation: 'tanh' },
        { type: 'globalaveragepool2d' },
        { type: 'dense', units: 'classes', activation: 'softmax' },
      ],
    };
    const job = tinyJob(folder, {
      spec: wide,
      train: bars(2048, 1),
      validation: null,
      batch: 2048,
      backend: 'cpu',
    });
    const failure = await run(engine({ nodePath: limited }), job).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({
      message: expect.stringMatching(
        /A step with a batch of 2048 takes about [\d.]+ GB; [\d.]+ GB are free\.$/,
      ) as string,
      hint: expect.stringMatching(/^Train with a batch of \d+\.$/) as string,
    });
    const batch = Number(/\d+/.exec((failure as { hint: string }).hint)![0]);
    expect(batch).toBeGreaterThanOrEqual(1);
    expect(batch).toBeLessThanOrEqual(1024);
    expect(await readFile(limited, 'utf8')).toContain('ulimit');
  });
});
