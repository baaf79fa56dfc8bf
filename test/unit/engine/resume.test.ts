import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LayerSpec, OptimizerSpec } from '#shared/model-spec.ts';
import { createTrainingBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { loadRun } from '#core/engine/checkpoint/run-folder.ts';
import { decodeSafetensors } from '#core/engine/checkpoint/safetensors.ts';
import { runFiles, type TrainEvent, type TrainJob } from '#core/engine/protocol.ts';
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

async function run(job: TrainJob, stopAfter = Infinity) {
  const events: TrainEvent[] = [];
  const epochs = () => events.filter((event) => event.type === 'epoch');
  const result = await train(job, backend, {
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
    stopRequested: () => epochs().length >= stopAfter,
  });
  return { result, events, epochs: epochs() };
}

async function tensors(folder: string, which: 'best' | 'last') {
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
