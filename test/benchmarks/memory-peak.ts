/**
 * Predicted and measured memory of training a preset: `node test/benchmarks/memory-peak.ts PRESET BATCH
 * [THREADS]`, or on the network in the box, frozen or not: `… backbone-none|backbone-all BATCH THREADS [SIZE [FILE]]`,
 * each image looked at anew. Trains two epochs of three batches of noise with validation, in this process, and prints
 * its peak. docs/engine.md has a table of them.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBackbone, openBackbones } from '#core/engine/backbones/open.ts';
import { createBackend, createTrainingBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { memoryNeed, trainingBytes } from '#core/engine/memory.ts';
import { bytesAt } from '#core/engine/memory-limits.ts';
import { train } from '#core/engine/training/trainer.ts';
import { backboneModel } from '#shared/backbone-model.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import { findPreset } from '#shared/presets/index.ts';

const [id = 'fashion-cnn', size = '32', cores = '2', edge = '128', network] = process.argv.slice(2);
const [batch, threads] = [Number(size), Number(cores)];
const { spec, classes, files } = id.startsWith('backbone-')
  ? await onBackbone(id.slice('backbone-'.length), Number(edge))
  : { ...presetNamed(id), files: {} };
const backbones = await openBackbones(files);
const { height, width, channels } = spec.input;

function presetNamed(name: string): { spec: ModelSpec; classes: number } {
  const preset = findPreset(name);
  if (!preset) throw new RangeError(`no preset is called ${name}`);
  return preset;
}

async function onBackbone(freeze: string, side: number) {
  const file =
    network ?? join(import.meta.dirname, '../../resources/backbones/efficientnet-lite0.onnx');
  const graph = await openBackbone(file);
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  const info = { sha256, cut: graph.cut, input: graph.input, ...graph.metadata };
  const { input, layers } = backboneModel(info, { freeze, size: side });
  const spec: ModelSpec = {
    ...{ name: `${id} ${side}`, input, loss: 'crossentropy', optimizer: { type: 'adam' } },
    layers: [...layers, { type: 'dense', units: 'classes', activation: 'softmax' }],
  };
  return { spec, classes: 10, files: { [sha256]: file } };
}

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
    backbones: files,
  },
  await createTrainingBackend(choice, threads),
  { emit: () => undefined, signal: new AbortController().signal, stopRequested: () => false },
);
rmSync(runDir, { recursive: true });
const measured = process.resourceUsage().maxRSS / 1024;
const lowerings = await createBackend(choice, threads).lowerings();
const { replicas, vectors, alive } = trainingBytes({
  ...{ spec, classes, batch, backbones, threads, lowerings },
});
const mebibytes = (bytes: number) => Math.round(bytes / 1024 ** 2);
process.stdout.write(
  `${JSON.stringify({
    ...{ preset: spec.name, batch, replicas },
    vectors: mebibytes(vectors),
    alive: mebibytes(alive),
    measured: Math.round(measured),
    predicted: mebibytes(
      bytesAt(memoryNeed({ spec, classes, backbones, threads, lowerings }), batch),
    ),
  })}\n`,
);
