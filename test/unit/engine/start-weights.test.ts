import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BackboneSpec } from '#shared/layer-spec.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import { openBackbone } from '#core/engine/backbones/open.ts';
import { createTrainingBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { loadRun } from '#core/engine/checkpoint/run-folder.ts';
import { decodeSafetensors } from '#core/engine/checkpoint/safetensors.ts';
import { initialize } from '#core/engine/initializers.ts';
import { resolveModel } from '#core/engine/layers/resolve.ts';
import type { TrainJob } from '#core/engine/protocol.ts';
import { matchLayers } from '#core/engine/start/match.ts';
import { startingWeights } from '#core/engine/start/weights.ts';
import { stepperOptions, train } from '#core/engine/training/trainer.ts';
import { tinyBackbone } from '../../helpers/tiny-backbone.ts';
import { bars, temporaryFolder, tinyJob, tinySpec } from './helpers.ts';

const backend = await createTrainingBackend(chooseBackend('cpu', 1), 1);

async function run(job: TrainJob): Promise<void> {
  await train(job, backend, {
    emit: () => undefined,
    signal: new AbortController().signal,
    stopRequested: () => false,
  });
}

const small = { train: bars(48, 1), validation: null, epochs: 1 };

/** A run of the model, trained a little. */
async function trained(changes: Partial<TrainJob> = {}) {
  const runDir = join(await temporaryFolder(), 'first');
  await run(tinyJob(runDir, { ...small, ...changes }));
  const start = { runDir, checkpoint: 'best' as const, classes: [0, 1, 2] };
  return { start, weights: (await loadRun(runDir, 'best')).parameters };
}

/** What the first step of a training sees, and the optimizer's vectors then. */
async function firstState(job: TrainJob) {
  const stepper = backend.createStepper(stepperOptions(job), job.seed);
  await stepper.prepare(8);
  const parameters = await startingWeights(job, job.start!, stepper.layout, new Map());
  await stepper.restore({ parameters, slots: null }, 0);
  const values = new Map([...(await stepper.parameters())].map(([name, { data }]) => [name, data]));
  const slots = (await stepper.slots()).map(([, vector]) => [...vector]);
  const { steps } = stepper;
  await stepper.dispose();
  return { values, slots, steps };
}

const [conv, pool, flatten, dense] = tinySpec.layers as [
  ...[ModelSpec['layers'][0], ModelSpec['layers'][0], ModelSpec['layers'][0]],
  ModelSpec['layers'][0],
];

describe('a training that begins with the weights of another', () => {
  it('has them to the bit before its first step, with a fresh optimizer', async () => {
    const { start, weights } = await trained();
    const { values, slots, steps } = await firstState(tinyJob('', { ...small, start, seed: 9 }));
    expect(weights.size).toBe(4);
    for (const [name, { data }] of weights) expect(values.get(name), name).toEqual(data);
    expect(slots.flat().every((value) => value === 0)).toBe(true);
    expect(slots.flat().length).toBeGreaterThan(0);
    expect(steps).toBe(0);
  });

  it('takes its steps from there, and goes on after its own checkpoints', async () => {
    const { start, weights } = await trained();
    const folder = await temporaryFolder();
    const spec: ModelSpec = { ...tinySpec, optimizer: { type: 'sgd' } };
    const job = tinyJob(join(folder, 'still'), { ...small, start, spec, learningRate: 1e-30 });
    await run(job);
    const { parameters } = await loadRun(job.runDir, 'last');
    for (const [name, { data }] of weights) expect(parameters.get(name)?.data, name).toEqual(data);

    const whole = tinyJob(join(folder, 'whole'), { ...small, start, epochs: 2 });
    const parted = { ...whole, runDir: join(folder, 'parted') };
    await run(whole);
    await run({ ...parted, epochs: 1 });
    await run({ ...parted, resume: true });
    const [one, other] = [
      await loadRun(whole.runDir, 'last'),
      await loadRun(parted.runDir, 'last'),
    ];
    expect(other.parameters).toEqual(one.parameters);
  });

  it('finds its classes where they are now, and begins anew with those that are new', async () => {
    const { start, weights } = await trained();
    const classNames = ['new', 'none', 'across'];
    const job = tinyJob('', { ...small, classNames, start: { ...start, classes: [-1, 2, 0] } });
    const { values } = await firstState(job);
    const before = weights.get('dense/bias')!.data;
    expect([...values.get('dense/bias')!]).toEqual([0, before[2], before[0]]);
    const kernel = weights.get('dense/kernel')!;
    const now = values.get('dense/kernel')!;
    const { parameters } = resolveModel(tinySpec, 3).layers[3]!;
    const fresh = initialize(parameters[0]!.initializer, kernel.shape, job.seed, 'dense/kernel');
    for (let row = 0; row < kernel.shape[0]!; row++) {
      const [, , none] = [0, 1, 2].map((place) => kernel.data[row * 3 + place]);
      expect([...now.subarray(row * 3, row * 3 + 3)]).toEqual([
        fresh[row * 3],
        none,
        kernel.data[row * 3],
      ]);
    }
  });

  it('takes the layers before the first one that differs, whatever they are called', () => {
    const match = (layers: ModelSpec['layers'], classes = [0, 1, 2]) =>
      matchLayers(
        resolveModel(tinySpec, 3),
        resolveModel({ ...tinySpec, layers }, classes.length),
        { classes },
      ).map(({ name, taken, fresh }) => [name, taken.map(({ from }) => from), fresh]);
    const base = ['conv2d/kernel', 'conv2d/bias'];
    const named = { ...conv, name: 'eyes' } as ModelSpec['layers'][0];
    expect(match([named, pool, flatten, { type: 'dropout', rate: 0.5 }, dense])).toEqual([
      ['eyes', base, 0],
      ['dense', ['dense/kernel', 'dense/bias'], 0],
    ]);
    const hidden = { type: 'dense' as const, units: 5 };
    expect(match([conv, pool, flatten, hidden, dense])).toEqual([
      ['conv2d', base, 0],
      ['dense', [], 2],
      ['dense_1', [], 2],
    ]);
    expect(match(tinySpec.layers, [0, 1, 2, -1])).toEqual([
      ['conv2d', base, 0],
      ['dense', ['dense/kernel', 'dense/bias'], 0],
    ]);
    expect(match(tinySpec.layers, [-1, -1])).toEqual([
      ['conv2d', base, 0],
      ['dense', [], 2],
    ]);
    const more = { ...conv, filters: 6 } as ModelSpec['layers'][0];
    expect(match([more, pool, flatten, dense]).flatMap(([, taken]) => taken)).toEqual([]);
  });

  it('keeps what a pretrained network became, though nothing of it learns any more', async () => {
    const folder = await temporaryFolder();
    const tiny = tinyBackbone(folder);
    const backbones = { [tiny.sha256]: tiny.file };
    const spec = (layer: Partial<BackboneSpec>): ModelSpec => ({
      ...tinySpec,
      layers: [
        {
          ...{ type: 'backbone', model: tiny.sha256, cut: 'maps', ...layer },
          preprocessing: { channels: 'rgb', mean: [0.4, 0.4, 0.4], std: [0.2, 0.2, 0.2] },
        },
        { type: 'globalaveragepool2d' },
        dense,
      ],
    });
    const first = await trained({ spec: spec({ trainableFrom: 'all' }), backbones });
    const job = tinyJob(join(folder, 'second'), {
      ...{ ...small, backbones, start: first.start },
      spec: spec({ trainableFrom: 'none' }),
    });
    await run(job);
    const { parameters } = await loadRun(job.runDir, 'last');
    const top = parameters.get('backbone/top.weight')!.data;
    expect(top).toEqual(first.weights.get('backbone/top.weight')!.data);
    const graph = await openBackbone(tiny.file);
    expect(top).not.toEqual(graph.weights.get('top.weight')!.data);
    // What did not change lies in the network's own file.
    const file = join(job.runDir, 'checkpoints/last.safetensors');
    const saved = decodeSafetensors(await readFile(file), file).tensors;
    expect(saved.has('backbone/top.weight')).toBe(true);
    expect(saved.has('backbone/norm.mean')).toBe(false);
  });
});
