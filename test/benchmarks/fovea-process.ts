/** Fovea's side of the training benchmark: the trainer itself, an epoch for each line on stdin. */
import { readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { createTrainingBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import type { AugmentationSpec } from '#shared/augmentation.ts';
import type { TrainJob } from '#core/engine/protocol.ts';
import { train } from '#core/engine/training/trainer.ts';
import type { RoundResult } from './contestant.ts';
import type { Row } from './rows.ts';

const folder = process.argv[2] ?? '.';
const row = JSON.parse(readFileSync(join(folder, 'row.json'), 'utf8')) as Row & {
  threads: number;
  augment?: AugmentationSpec | null;
};
const { height, width, channels } = row.spec.input;
const labels = new Int32Array(new Uint8Array(readFileSync(join(folder, 'labels.bin'))).buffer);

const job: TrainJob = {
  runDir: join(folder, 'run'),
  spec: row.spec,
  classNames: Array.from({ length: row.classes }, (_, index) => `class ${index}`),
  train: {
    height,
    width,
    channels,
    source: { kind: 'pack', file: join(folder, 'pixels.bin') },
    slots: Uint32Array.from({ length: row.images }, (_, index) => index),
    labels,
  },
  validation: null,
  epochs: 1_000_000,
  batch: row.batch,
  learningRate: 1e-3,
  schedule: { type: 'constant' },
  earlyStop: null,
  seed: 1,
  augment: row.augment,
  backend: 'cpu',
};

let firstStepAt: number | undefined;

function answer(rate: number): void {
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  const result: RoundResult = { rate, peakMiB, ...(firstStepAt ? { firstStepAt } : {}) };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** Blocks the trainer until the next round is wanted; ends the process when none is. */
function awaitRound(): void {
  const buffer = Buffer.alloc(100);
  if (readSync(0, buffer) === 0) process.exit(0);
}

await train(job, await createTrainingBackend(chooseBackend('cpu', row.threads), row.threads), {
  emit(event) {
    if (event.type === 'batch') firstStepAt ??= Date.now();
    if (event.type !== 'epoch') return;
    answer(event.metrics.imagesPerSecond);
    awaitRound();
  },
  signal: new AbortController().signal,
  stopRequested: () => false,
});
