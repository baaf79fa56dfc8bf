/** The same seed, spec and data give the same training to the bit, wherever the images lie. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { LayerSpec } from '#shared/model-spec.ts';
import { createTrainingBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { decodeSafetensors } from '#core/engine/checkpoint/safetensors.ts';
import { runFiles, type TensorSet, type TrainEvent, type TrainJob } from '#core/engine/protocol.ts';
import { createEngine } from '#core/engine/supervisor.ts';
import { train } from '#core/engine/training/trainer.ts';
import { bars, temporaryFolder, tinyJob, tinySpec } from './helpers.ts';

/** Everything that draws or remembers: masks, moving averages, a smaller last batch. */
const layers: LayerSpec[] = [
  { type: 'conv2d', filters: 4, kernel: [3, 3], activation: 'relu' },
  { type: 'batchnorm' },
  { type: 'maxpool2d', size: [2, 2] },
  { type: 'flatten' },
  { type: 'dropout', rate: 0.3 },
  { type: 'dense', units: 'classes', activation: 'softmax' },
];

type Place = 'inline' | 'memory' | 'disk';

async function jobWith(place: Place, dataThreads?: number): Promise<TrainJob> {
  const folder = await temporaryFolder();
  const put = async (set: TensorSet, name: string): Promise<TensorSet> => {
    if (place === 'inline' || set.source.kind === 'pack') return set;
    const file = join(folder, name);
    await writeFile(file, set.source.data);
    return { ...set, source: { kind: 'pack', file } };
  };
  return tinyJob(folder, {
    spec: { ...tinySpec, layers },
    train: await put(bars(300, 1), 'train.bin'),
    validation: await put(bars(100, 2), 'validation.bin'),
    epochs: 2,
    imageMemory: place === 'disk' ? 0 : 1024 ** 2,
    dataThreads,
  });
}

/** Everything but the clock: metrics of each epoch, and the last checkpoint's tensors. */
async function outcome(job: TrainJob, events: readonly TrainEvent[]) {
  const bytes = await readFile(join(job.runDir, runFiles.checkpoint('last')));
  return {
    epochs: events.flatMap((event) => {
      if (event.type !== 'epoch') return [];
      const { epoch, loss, accuracy, valLoss, valAccuracy } = event.metrics;
      return [{ epoch, loss, accuracy, valLoss, valAccuracy }];
    }),
    tensors: [...decodeSafetensors(bytes, '').tensors],
  };
}

async function trainHere(job: TrainJob) {
  const events: TrainEvent[] = [];
  await train(job, await createTrainingBackend(chooseBackend('cpu', 1), 1), {
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
    stopRequested: () => false,
  });
  return { events, result: await outcome(job, events) };
}

describe('a training', () => {
  let first: Promise<Awaited<ReturnType<typeof outcome>>> | undefined;
  const reference = () =>
    (first ??= jobWith('inline', 0).then(async (job) => (await trainHere(job)).result));

  it.each(
    (['inline', 'memory', 'disk'] as const).flatMap((place) =>
      [0, 1, 3].map((threads) => ({ place, threads })),
    ),
  )('is the same from $place with $threads data threads', async ({ place, threads }) => {
    const { result, events } = await trainHere(await jobWith(place, threads));
    expect(result.epochs).toHaveLength(2);
    expect(result).toEqual(await reference());
    const waits = events.flatMap((event) =>
      event.type === 'epoch' ? [event.metrics.dataWait ?? -1] : [],
    );
    for (const wait of waits) {
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThan(1);
    }
  });

  it('is the same in a process of its own, twice', async () => {
    const engine = createEngine({
      nodePath: process.execPath,
      log: pino({ level: 'silent' }),
      threads: 1,
    });
    const run = async () => {
      const job = await jobWith('disk');
      const events: TrainEvent[] = [];
      await engine.train(job, (event) => events.push(event)).result;
      return await outcome(job, events);
    };
    try {
      expect(await run()).toEqual(await reference());
      expect(await run()).toEqual(await reference());
    } finally {
      await engine.close();
    }
  });
});
