import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { augmentationSpec } from '#shared/augmentation.ts';
import type { LayerSpec, OptimizerSpec } from '#shared/model-spec.ts';
import { earlyStopSpec, scheduleSpec } from '#shared/schedule.ts';
import { createTrainingBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { loadRun } from '#core/engine/checkpoint/run-folder.ts';
import { decodeSafetensors } from '#core/engine/checkpoint/safetensors.ts';
import {
  runFiles,
  type CheckpointFile,
  type TrainEvent,
  type TrainJob,
} from '#core/engine/protocol.ts';
import { train } from '#core/engine/training/trainer.ts';
import { temporaryFolder, tinyJob, tinySpec } from './helpers.ts';

const backend = await createTrainingBackend(chooseBackend('cpu', 1), 1);

/** Moving averages, dropout masks and a smaller last batch: everything that has a memory. */
const layers: LayerSpec[] = [
  { type: 'conv2d', filters: 4, kernel: [3, 3], activation: 'relu' },
  { type: 'batchnorm' },
  { type: 'maxpool2d', size: [2, 2] },
  { type: 'flatten' },
  { type: 'dropout', rate: 0.3 },
  { type: 'dense', units: 'classes', activation: 'softmax' },
];

interface Interruption {
  /** Steps asked about before the pause. */
  pauseAt?: number;
  /** Ends it like a crash does, after so many steps. */
  dieAt?: number;
  saveEveryMs?: number;
}

async function run(job: TrainJob, stopAfter = Infinity, interruption: Interruption = {}) {
  let steps = 0;
  const abort = new AbortController();
  const events: TrainEvent[] = [];
  const epochs = () => events.filter((event) => event.type === 'epoch');
  const result = await train(job, backend, {
    emit: (event) => events.push(event),
    signal: abort.signal,
    stopRequested: () => epochs().length >= stopAfter,
    pauseRequested() {
      steps++;
      if (steps === interruption.dieAt) abort.abort();
      return steps === interruption.pauseAt;
    },
    ...(interruption.saveEveryMs === undefined ? {} : { saveEveryMs: interruption.saveEveryMs }),
  });
  return { result, events, epochs: epochs() };
}

async function tensors(folder: string, which: CheckpointFile) {
  const file = join(folder, runFiles.checkpoint(which));
  return [...decodeSafetensors(await readFile(file), file).tensors];
}

const optimizers: OptimizerSpec[] = [
  { type: 'sgd', momentum: 0.9, nesterov: true },
  { type: 'rmsprop' },
  { type: 'adam' },
  { type: 'adamw' },
];

describe('a resumed training', () => {
  it.each(optimizers)(
    'with $type ends with the weights of one that was never interrupted, to the bit',
    async (optimizer) => {
      const spec = { ...tinySpec, layers, optimizer };
      const whole = await temporaryFolder();
      const paused = await temporaryFolder();
      const straight = await run(tinyJob(whole, { spec, epochs: 5 }));
      await run(tinyJob(paused, { spec, epochs: 5 }), 2);
      const { events, epochs, result } = await run(
        tinyJob(paused, { spec, epochs: 5, resume: true }),
      );
      expect(events.find((event) => event.type === 'resume')).toMatchObject({
        metrics: { epoch: 2 },
      });
      expect(epochs.map(({ metrics }) => metrics.epoch)).toEqual([3, 4, 5]);
      expect(result).toMatchObject({ outcome: 'done', bestEpoch: straight.result.bestEpoch });
      expect(await tensors(paused, 'last')).toEqual(await tensors(whole, 'last'));
      expect(await tensors(paused, 'best')).toEqual(await tensors(whole, 'best'));
      for (const [index, { metrics }] of epochs.entries()) {
        const expected = straight.epochs[index + 2]!.metrics;
        expect([metrics.loss, metrics.accuracy, metrics.valLoss, metrics.valAccuracy]).toEqual([
          expected.loss,
          expected.accuracy,
          expected.valLoss,
          expected.valAccuracy,
        ]);
      }
    },
  );

  it.each([
    ['between epochs', undefined],
    ['within one', 19 * 2 + 12],
  ])('goes on with averaged weights and blended images, paused %s', async (_name, pauseAt) => {
    const changes = {
      spec: { ...tinySpec, layers },
      epochs: 4,
      averaging: { decay: 0.95 },
      augment: augmentationSpec.parse({
        name: 'blended',
        operations: [
          { type: 'flip-horizontal', probability: 0.5 },
          { type: 'mixup', alpha: 0.4, probability: 0.5 },
          { type: 'cutmix' },
        ],
      }),
    };
    const whole = await temporaryFolder();
    const paused = await temporaryFolder();
    await run(tinyJob(whole, changes));
    if (pauseAt === undefined) await run(tinyJob(paused, changes), 2);
    else await run(tinyJob(paused, changes), Infinity, { pauseAt });
    await run(tinyJob(paused, { ...changes, resume: true }));
    expect(await tensors(paused, 'last')).toEqual(await tensors(whole, 'last'));
    expect(await tensors(paused, 'best')).toEqual(await tensors(whole, 'best'));
  });

  it.each([
    ['in its first epoch', 7],
    ['in a later epoch', 19 * 2 + 12],
    ['between two epochs', 19 * 2 + 1],
  ])('paused %s goes on to the bit, partial sums and all', async (_name, pauseAt) => {
    const spec = { ...tinySpec, layers };
    const schedule = { type: 'cosine', warmup: 0.1 } as const;
    const whole = await temporaryFolder();
    const paused = await temporaryFolder();
    const straight = await run(tinyJob(whole, { spec, schedule, epochs: 4 }));
    const before = await run(tinyJob(paused, { spec, schedule, epochs: 4 }), Infinity, { pauseAt });
    const epoch = Math.floor((pauseAt - 1) / 19);
    expect(before.result).toMatchObject({
      outcome: 'paused',
      epochs: epoch,
      partialSteps: pauseAt - 1 - epoch * 19,
    });
    const after = await run(tinyJob(paused, { spec, schedule, epochs: 4, resume: true }));
    expect(after.result).toMatchObject({ outcome: 'done', epochs: 4 });
    const numbers = [...before.epochs, ...after.epochs].map(({ metrics, best }) => [
      ...[metrics.epoch, metrics.loss, metrics.accuracy, metrics.valLoss, metrics.learningRate],
      best,
    ]);
    expect(numbers).toEqual(
      straight.epochs.map(({ metrics, best }) => [
        ...[metrics.epoch, metrics.loss, metrics.accuracy, metrics.valLoss, metrics.learningRate],
        best,
      ]),
    );
    for (const which of ['last', 'best'] as const) {
      expect(await tensors(paused, which)).toEqual(await tensors(whole, which));
    }
    await expect(access(join(paused, runFiles.checkpoint('resume')))).rejects.toThrow('ENOENT');
  });

  it('saves in the middle of long epochs, and goes on from there after a crash', async () => {
    const whole = await temporaryFolder();
    const crashed = await temporaryFolder();
    await run(tinyJob(whole, { epochs: 2 }));
    const dieAt = 19 + 9;
    await expect(
      run(tinyJob(crashed, { epochs: 2 }), Infinity, { dieAt, saveEveryMs: 0 }),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
    expect((await loadRun(crashed, 'last')).metadata['epoch']).toBe('1');
    const { epochs } = await run(tinyJob(crashed, { epochs: 2, resume: true }));
    expect(epochs.map(({ metrics }) => metrics.epoch)).toEqual([2]);
    expect(await tensors(crashed, 'last')).toEqual(await tensors(whole, 'last'));
  });

  it('remembers what a plateau and early stopping have counted', async () => {
    // A rate of almost nothing: the loss stands still, so every epoch counts.
    const job = (folder: string, changes: Partial<TrainJob> = {}) =>
      tinyJob(folder, {
        epochs: 20,
        learningRate: 1e-9,
        schedule: scheduleSpec.parse({ type: 'plateau', factor: 0.5, patience: 2 }),
        earlyStop: earlyStopSpec.parse({ patience: 7, minDelta: 1e-3, restoreBest: true }),
        ...changes,
      });
    const whole = await temporaryFolder();
    const paused = await temporaryFolder();
    const straight = await run(job(whole));
    const rates = straight.epochs.map(({ metrics }) => metrics.learningRate / 1e-9);
    expect(rates).toEqual([1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.125]);
    expect(straight.result).toMatchObject({
      outcome: 'done',
      epochs: 8,
      bestEpoch: 1,
      stoppedEarly: true,
      restoredBest: true,
    });
    expect(await tensors(whole, 'last')).toEqual(await tensors(whole, 'best'));

    await run(job(paused), 4);
    const { result, epochs } = await run(job(paused, { resume: true }));
    expect(epochs.map(({ metrics }) => metrics.learningRate / 1e-9)).toEqual(rates.slice(4));
    expect(result).toMatchObject({ epochs: 8, stoppedEarly: true });
    for (const which of ['last', 'best', 'resume'] as const) {
      expect(await tensors(paused, which)).toEqual(await tensors(whole, which));
    }

    // As it was, it is out of patience at once; with new patience it goes on where it ended.
    expect((await run(job(whole, { resume: true }))).epochs).toEqual([]);
    const further = await run(job(whole, { resume: true, patienceAnew: true, epochs: 10 }));
    expect(further.epochs.map(({ metrics }) => metrics.epoch)).toEqual([9, 10]);
    expect(further.result).toMatchObject({ stoppedEarly: false, restoredBest: true, bestEpoch: 1 });
  });

  it('keeps an earlier best, and repairs one that a crash left behind', async () => {
    const folder = await temporaryFolder();
    await run(tinyJob(folder, { epochs: 3 }));
    const last = await loadRun(folder, 'last');
    // As if the process had died between writing the last checkpoint and making it the best one.
    await rm(join(folder, runFiles.checkpoint('best')));
    const { result } = await run(tinyJob(folder, { epochs: 4, resume: true, learningRate: 1e-12 }));
    const best = await loadRun(folder, 'best');
    // A rate of almost nothing cannot beat epoch 3.
    expect(result.bestEpoch).toBe(3);
    expect(best.metadata['epoch']).toBe('3');
    expect([...best.parameters]).toEqual([...last.parameters]);
  });

  it('refuses a missing, damaged or foreign checkpoint', async () => {
    const folder = await temporaryFolder();
    await run(tinyJob(folder, { epochs: 1 }));
    await expect(run(tinyJob(folder, { epochs: 2, seed: 5, resume: true }))).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
    });
    const file = join(folder, runFiles.checkpoint('last'));
    const bytes = await readFile(file);
    await writeFile(file, bytes.subarray(0, bytes.length - 8));
    await expect(run(tinyJob(folder, { epochs: 2, resume: true }))).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
    });
    await rm(file);
    await expect(run(tinyJob(folder, { epochs: 2, resume: true }))).rejects.toMatchObject({
      code: 'RUN_NOT_READY',
    });
  });
});
