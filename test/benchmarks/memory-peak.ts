/**
 * Predicted and measured memory of training a preset: `node test/benchmarks/memory-peak.ts PRESET BATCH
 * [THREADS]`. Trains two epochs of three batches of noise with validation, in this process, and prints
 * its peak. docs/engine.md has a table of them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBackend, createTrainingBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { memoryNeed, trainingBytes } from '#core/engine/memory.ts';
import { bytesAt } from '#core/engine/memory-limits.ts';
import { train } from '#core/engine/training/trainer.ts';
import { findPreset } from '#shared/presets/index.ts';

const [id = 'fashion-cnn', size = '32', cores = '2'] = process.argv.slice(2);
const [batch, threads] = [Number(size), Number(cores)];
const preset = findPreset(id);
if (!preset) throw new RangeError(`no preset is called ${id}`);
const { spec, classes } = preset;
const { height, width, channels } = spec.input;

function noise(count: number) {
  return {
    ...{ height, width, channels },
    source: {
      kind: 'inline' as const,
      data: Uint8Array.from(
        { length: count * height * width * channels },
        (_, i) => (i * 37) % 251,
      ),
    },
    slots: Uint32Array.from({ length: count }, (_, index) => index),
    labels: Int32Array.from({ length: count }, (_, index) => index % classes),
  };
}

const choice = chooseBackend('cpu', threads);
const runDir = mkdtempSync(join(tmpdir(), 'fovea-memory-'));
await train(
  {
    ...{ runDir, spec, batch, epochs: 2, learningRate: 1e-4, seed: 1, backend: 'cpu' },
    classNames: Array.from({ length: classes }, (_, index) => `class ${index}`),
    train: noise(3 * batch),
    validation: noise(batch),
    schedule: { type: 'constant' },
    earlyStop: null,
  },
  await createTrainingBackend(choice, threads),
  { emit: () => undefined, signal: new AbortController().signal, stopRequested: () => false },
);
rmSync(runDir, { recursive: true });
const measured = process.resourceUsage().maxRSS / 1024;
const lowerings = await createBackend(choice, threads).lowerings();
const { replicas, vectors, alive } = trainingBytes({ spec, classes, batch, threads, lowerings });
const mebibytes = (bytes: number) => Math.round(bytes / 1024 ** 2);
process.stdout.write(
  `${JSON.stringify({
    ...{ preset: id, batch, replicas },
    vectors: mebibytes(vectors),
    alive: mebibytes(alive),
    measured: Math.round(measured),
    predicted: mebibytes(bytesAt(memoryNeed({ spec, classes, threads, lowerings }), batch)),
  })}\n`,
);
