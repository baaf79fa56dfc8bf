/** kill -9 of a training's process in the middle of an epoch; test/slow/kill-resume.test.ts does it to the app. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { findAugmentation } from '#shared/augmentations/presets.ts';
import { decodeSafetensors } from '#core/engine/checkpoint/safetensors.ts';
import {
  runFiles,
  type TrainEvent,
  type TrainHandle,
  type TrainJob,
} from '#core/engine/protocol.ts';
import { createEngine } from '#core/engine/supervisor.ts';
import { bars, engineWorkers, temporaryFolder, tinyJob, tinySpec } from './helpers.ts';

function jobIn(folder: string, changes: Partial<TrainJob> = {}): TrainJob {
  const layers = tinySpec.layers.toSpliced(2, 0, { type: 'dropout', rate: 0.3 });
  const train = bars(1500, 1);
  return tinyJob(folder, {
    spec: { ...tinySpec, layers },
    train: { ...train, images: Uint32Array.from(train.slots) },
    epochs: 2,
    augment: findAugmentation('few-labels')!.spec,
    ...changes,
  });
}

async function tensors(folder: string) {
  const file = join(folder, runFiles.checkpoint('last'));
  return [...decodeSafetensors(await readFile(file), file).tensors];
}

it('a training on replicas that is paused and then killed in mid-epoch ends as one that was not', async () => {
  const engine = createEngine({
    nodePath: process.execPath,
    log: pino({ level: 'silent' }),
    threads: 2,
  });
  onTestFinished(() => engine.close());
  const train = (job: TrainJob, onBatch?: (epoch: number, handle: TrainHandle) => void) => {
    let asked = false;
    const handle = engine.train(job, (event: TrainEvent) => {
      if (event.type !== 'batch' || event.step === event.stepsPerEpoch || asked) return;
      asked = true;
      onBatch?.(event.epoch, handle);
    });
    return handle.result;
  };
  const kill = () => {
    for (const pid of engineWorkers()) process.kill(pid, 'SIGKILL');
  };
  const whole = await temporaryFolder();
  const killed = await temporaryFolder();
  await train(jobIn(whole));

  const paused = await train(jobIn(killed), (_epoch, handle) => handle.pause());
  expect(paused.outcome).toBe('paused');
  expect(existsSync(join(killed, runFiles.checkpoint('resume')))).toBe(true);
  const attempt = train(jobIn(killed, { resume: true }), kill);
  await expect(attempt).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  const end = await train(jobIn(killed, { resume: true }));
  expect(end).toMatchObject({ outcome: 'done', epochs: 2 });
  expect(await tensors(killed)).toEqual(await tensors(whole));
});
