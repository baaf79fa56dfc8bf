import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ModelSpec } from '#shared/model-spec.ts';
import type { TensorSet, TrainJob } from '#core/engine/protocol.ts';
import { Random } from '#core/engine/random.ts';

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fovea-engine-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export const tinySpec: ModelSpec = {
  name: 'tiny',
  input: { height: 8, width: 8, channels: 1 },
  layers: [
    { type: 'conv2d', filters: 4, kernel: [3, 3], activation: 'relu' },
    { type: 'maxpool2d', size: [2, 2] },
    { type: 'flatten' },
    { type: 'dense', units: 'classes', activation: 'softmax' },
  ],
  loss: 'crossentropy',
  optimizer: { type: 'adam' },
};

/** Noise with a bright bar: across (class 0), upright (class 1) or none (class 2). */
export function bars(count: number, seed: number): TensorSet {
  const random = new Random(seed, 'bars');
  const data = Uint8Array.from({ length: count * 64 }, () => random.below(90));
  const labels = Int32Array.from({ length: count }, (_, image) => {
    const label = random.below(3);
    const at = random.below(8);
    for (let step = 0; step < 8 && label < 2; step++) {
      data[image * 64 + (label === 0 ? at * 8 + step : step * 8 + at)] = 160 + random.below(90);
    }
    return label;
  });
  return {
    height: 8,
    width: 8,
    channels: 1,
    source: { kind: 'inline', data },
    slots: Uint32Array.from({ length: count }, (_, index) => index),
    labels,
  };
}

export function tinyJob(runDir: string, changes: Partial<TrainJob> = {}): TrainJob {
  return {
    runDir,
    spec: tinySpec,
    classNames: ['across', 'upright', 'none'],
    train: bars(300, 1),
    validation: bars(100, 2),
    epochs: 12,
    batch: 16,
    learningRate: 0.01,
    schedule: { type: 'constant' },
    earlyStop: null,
    seed: 4,
    backend: 'cpu',
    ...changes,
  };
}

/** Process ids of the engine workers that this test process started. */
export function engineWorkers(): number[] {
  const table = execFileSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' });
  return table
    .split('\n')
    .filter((line) => line.includes('engine/worker.ts'))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent]) => Number(parent) === process.pid)
    .map(([pid]) => Number(pid));
}
