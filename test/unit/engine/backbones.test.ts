import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { augmentationSpec } from '#shared/augmentation.ts';
import type { FineTuningSpec } from '#shared/fine-tuning.ts';
import type { BackboneSpec } from '#shared/layer-spec.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import type { Backbones } from '#core/engine/backbones/backbones.ts';
import { computeFeatures } from '#core/engine/backbones/features.ts';
import { learningWeights } from '#core/engine/backbones/learning.ts';
import { openBackbone } from '#core/engine/backbones/open.ts';
import { backboneOutline, graphOf, outlineOf } from '#core/engine/backbones/outline.ts';
import { unchangingLayers } from '#core/engine/backbones/prefix.ts';
import { createBackend, createTrainingBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { loadRun } from '#core/engine/checkpoint/run-folder.ts';
import { decodeSafetensors } from '#core/engine/checkpoint/safetensors.ts';
import { GraphBuilder } from '#core/engine/graph/builder.ts';
import { toOnnx } from '#core/engine/graph/serialize.ts';
import type { Value } from '#core/engine/graph/types.ts';
import { readOnnx } from '#core/engine/import/onnx.ts';
import type { TensorSet, TrainEvent, TrainJob } from '#core/engine/protocol.ts';
import { resolveModel } from '#core/engine/layers/resolve.ts';
import { summarize } from '#core/engine/layers/summary.ts';
import { layoutParameters, ratesOf } from '#core/engine/programs/parameters.ts';
import { train } from '#core/engine/training/trainer.ts';
import { tinyBackbone, type TinyBackbone } from '../../helpers/tiny-backbone.ts';
import { bars, temporaryFolder, tinyJob } from './helpers.ts';

const backend = await createTrainingBackend(chooseBackend('cpu', 1), 1);

const backboneOn = (model: string): BackboneSpec => ({
  type: 'backbone',
  model,
  cut: 'maps',
  preprocessing: { channels: 'rgb', mean: [0.4, 0.4, 0.4], std: [0.2, 0.2, 0.2] },
});

/** Of a layer that may learn. */
const place = { name: 'backbone', previous: null, input: [8, 8, 3], classes: 3, frozen: false };

function specOn(
  { sha256 }: TinyBackbone,
  layer: Partial<BackboneSpec> = {},
  channels: 1 | 3 = 1,
): ModelSpec {
  return {
    name: 'on tiny',
    input: { height: 8, width: 8, channels },
    layers: [
      { ...backboneOn(sha256), ...layer },
      { type: 'globalaveragepool2d' },
      { type: 'dropout', rate: 0.2 },
      { type: 'dense', units: 'classes', activation: 'softmax' },
    ],
    loss: 'crossentropy',
    optimizer: { type: 'adam' },
  };
}

async function opened(options?: Parameters<typeof tinyBackbone>[1]) {
  const folder = await temporaryFolder();
  const tiny = tinyBackbone(folder, options);
  const graph = await openBackbone(tiny.file);
  return { folder, tiny, graph, backbones: new Map([[tiny.sha256, graph]]) as Backbones };
}

describe('a pretrained network as a layer', () => {
  it('has its shapes and weights, of which none learn unless told', async () => {
    const { tiny, backbones } = await opened();
    const { layers, parameters, trainable } = summarize(specOn(tiny), 3, backbones);
    expect(layers.map(({ type, output }) => [type, output])).toEqual([
      ['Backbone', [4, 4, 8]],
      ['GlobalAveragePooling2D', [8]],
      ['Dropout', [8]],
      ['Dense', [3]],
    ]);
    // Kernels for grey, bias, four numbers a channel of the normalisation; kernels; the head.
    expect(parameters).toBe(6 * 9 + 6 + 4 * 6 + 8 * 6 * 9 + 8 * 3 + 3);
    expect(trainable).toBe(8 * 3 + 3);
  });

  it('is known by its outline alone, but for the numbers of its weights', async () => {
    const { tiny, graph, backbones } = await opened();
    const text = JSON.stringify(outlineOf(graph));
    const outline = graphOf(backboneOutline.parse(JSON.parse(text)));
    const spec = specOn(tiny, { trainableFrom: 'all' });
    const known = summarize(spec, 3, new Map([[tiny.sha256, outline]]));
    expect(known).toEqual(summarize(spec, 3, backbones));
    const model = resolveModel(spec, 3, new Map([[tiny.sha256, outline]]));
    const { initializer } = model.layers[0]!.parameters[0]!;
    expect(() => initializer.type === 'given' && initializer.values()).toThrow(/shape only/);
  });

  it('sums the kernels of three channels for grey pictures', async () => {
    const { tiny, graph, backbones } = await opened();
    const grey = bars(4, 3);
    const data = (grey.source as { data: Uint8Array }).data;
    const tripled = new Uint8Array(data.length * 3);
    data.forEach((level, at) => tripled.fill(level, at * 3, at * 3 + 3));
    const colour: TensorSet = {
      ...grey,
      channels: 3,
      source: { kind: 'inline', data: tripled },
    };
    const features = async (set: TensorSet, channels: 1 | 3) => {
      const rows: number[] = [];
      await computeFeatures(
        {
          spec: specOn(tiny, {}, channels),
          layers: 1,
          backbones: { [tiny.sha256]: tiny.file },
          set,
        },
        createBackend(chooseBackend('cpu', 1), 1),
        { onEvent: ({ values }) => rows.push(...values) },
      );
      return rows;
    };
    const [one, three] = [await features(grey, 1), await features(colour, 3)];
    expect(one).toHaveLength(4 * 8 * 4 * 4);
    one.forEach((value, at) => expect(value).toBeCloseTo(three[at]!, 4));
    const kernel = resolveModel(specOn(tiny), 3, backbones).layers[0]!.parameters[0]!;
    expect(kernel).toMatchObject({ name: 'stem.weight', shape: [6, 1, 3, 3] });
    expect(graph.weights.get('stem.weight')?.dims).toEqual([6, 3, 3, 3]);
  });

  it('learns from a node on, at rates that rise', async () => {
    const { tiny, graph, backbones } = await opened();
    const names = (layer: Partial<BackboneSpec>) => {
      const model = resolveModel(specOn(tiny, layer), 3, backbones);
      const { trainable, frozen } = layoutParameters(model);
      return { trainable, frozen: frozen.entries.map(({ fullName }) => fullName) };
    };
    const all = names({ trainableFrom: 'all', rates: [0.01, 1] });
    expect(all.trainable.entries.map(({ fullName, rate }) => [fullName, rate])).toEqual([
      ['backbone/stem.weight', 0.01],
      ['backbone/stem.bias', 0.01],
      ['backbone/norm.weight', expect.closeTo(0.1)],
      ['backbone/norm.bias', expect.closeTo(0.1)],
      ['backbone/top.weight', undefined],
      ['dense/kernel', undefined],
      ['dense/bias', undefined],
    ]);
    expect(all.frozen).toEqual(['backbone/norm.mean', 'backbone/norm.variance']);
    expect(ratesOf(all.trainable)?.at(0)).toBeCloseTo(0.01);
    const top = graph.nodes.find(({ weights }) => weights.includes('top.weight'))!.outputs[0]!;
    const { trainable } = names({ trainableFrom: top });
    expect(trainable.entries[0]?.fullName).toBe('backbone/top.weight');
    expect(ratesOf(trainable)).toBeNull();
    expect(() => names({ trainableFrom: 'nowhere' })).toThrow(/no node below its cut/);
  });

  it('learns from a node on along the graph: what stands beside it does not, wherever its file has it', () => {
    const b = new GraphBuilder('branches');
    const kernel = (name: string, from: number) =>
      b.initializer(name, {
        ...{ dtype: 'float32', dims: [2, from, 1, 1] },
        data: Float32Array.from({ length: 2 * from }, (_, at) => name.length + at),
      });
    const conv = (name: string, x: Value, from = 2) => b.op('Conv', [x, kernel(name, from)]);
    const stem = conv('stem', b.input('image', 'float32', ['batch', 3, 8, 8]), 3);
    const left = conv('left', stem);
    const right = conv('right', stem);
    const joined = b.op('Add', [conv('left.top', left), right]);
    b.output('answer', conv('end', joined));
    const graph = readOnnx(toOnnx(b.finish()), 'branches.onnx');
    const of = (weight: string) => graph.nodes.find(({ weights }) => weights[0] === weight)!;
    expect(graph.nodes.indexOf(of('right'))).toBeGreaterThan(graph.nodes.indexOf(of('left')));
    const learning = (from: string, rates?: [number, number]) => {
      const trainableFrom = from === 'all' ? from : of(from).outputs[0]!;
      const layer = { cut: of('end').outputs[0]!, trainableFrom, rates };
      return learningWeights(graph, { ...backboneOn('m'), ...layer }, place);
    };
    expect([...learning('left').keys()]).toEqual(['left', 'left.top', 'end']);
    expect([...learning('right').keys()]).toEqual(['right', 'end']);
    expect([...learning('stem').keys()]).toEqual([...learning('all').keys()]);
    expect(learning('stem').size).toBe(5);
    expect([...learning('left', [0.25, 1])]).toEqual([
      ['left', 0.25],
      ['left.top', 0.5],
      ['end', 1],
    ]);
  });

  it('names the first operator without a gradient above the line, before anything is trained', async () => {
    const { tiny, graph, backbones } = await opened({ rounded: true });
    const resolve = (trainableFrom: string) => () =>
      resolveModel(specOn(tiny, { trainableFrom }), 3, backbones);
    expect(resolve('all')).toThrow(/Round .* has no gradient, so nothing below it can learn/);
    const top = graph.nodes.find(({ weights }) => weights.includes('top.weight'))!.outputs[0]!;
    expect(resolve(top)).not.toThrow();
  });

  it('must stand first, and says what is wrong with its cut', async () => {
    const { tiny, backbones } = await opened();
    const spec = specOn(tiny);
    const behind = { ...spec, layers: [{ type: 'dropout' as const, rate: 0.1 }, ...spec.layers] };
    expect(() => resolveModel(behind, 3, backbones)).toThrow(/must be the first layer/);
    expect(() => resolveModel(specOn(tiny, { cut: 'nowhere' }), 3, backbones)).toThrow(
      /no value called nowhere/,
    );
    expect(() => resolveModel(spec, 3)).toThrow(/is not here/);
  });
});

async function run(job: TrainJob, stopAfter = Infinity) {
  const events: TrainEvent[] = [];
  const epochs = () => events.filter((event) => event.type === 'epoch');
  const result = await train(job, backend, {
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
    stopRequested: () => epochs().length >= stopAfter,
  });
  return { result, epochs: epochs().map(({ metrics }) => metrics) };
}

async function saved(folder: string) {
  const file = join(folder, 'checkpoints/last.safetensors');
  return decodeSafetensors(await readFile(file), file).tensors;
}

/** Features of a set as the core keeps them. */
async function featuresOf(spec: ModelSpec, layers: number, set: TensorSet, tiny: TinyBackbone) {
  const rows: number[] = [];
  await computeFeatures(
    { spec, layers, backbones: { [tiny.sha256]: tiny.file }, set },
    createBackend(chooseBackend('cpu', 1), 1),
    { onEvent: ({ values }) => rows.push(...values) },
  );
  const width = rows.length / set.slots.length;
  const data = new Uint8Array(Float32Array.from(rows).buffer);
  return {
    ...{ height: 1, width, channels: 1, values: 'float32' as const },
    ...{ source: { kind: 'inline' as const, data }, labels: set.labels },
    slots: Uint32Array.from(set.slots, (_, row) => row),
  };
}

const finetune: FineTuningSpec = {
  after: 2,
  trainableFrom: 'all',
  learningRate: 0.01,
  optimizer: { type: 'sgd', momentum: 0.9 },
  schedule: { type: 'constant' },
};

describe('training on a pretrained network', () => {
  it('gives the same head from features as from images, and keeps the head alone', async () => {
    const { folder, tiny, backbones } = await opened();
    const spec = specOn(tiny);
    const layers = unchangingLayers(resolveModel(spec, 3, backbones));
    expect(layers).toBe(2);
    const small = { train: bars(60, 1), validation: bars(20, 2), epochs: 3 };
    const job = { ...small, spec, backbones: { [tiny.sha256]: tiny.file } };
    const features = {
      layers,
      copies: 1,
      train: await featuresOf(spec, layers, small.train, tiny),
      validation: await featuresOf(spec, layers, small.validation, tiny),
    };
    const [onImages, onFeatures] = [join(folder, 'images'), join(folder, 'features')];
    const slow = await run(tinyJob(onImages, job));
    const quick = await run(tinyJob(onFeatures, { ...job, features }));
    const [one, other] = [await saved(onImages), await saved(onFeatures)];
    for (const name of ['dense/kernel', 'dense/bias']) {
      one.get(name)!.data.forEach((value, at) => {
        expect(value).toBeCloseTo(other.get(name)!.data[at]!, 4);
      });
    }
    expect([...other.keys()].filter((name) => !name.startsWith('optimizer.'))).toEqual([
      'dense/kernel',
      'dense/bias',
    ]);
    expect(slow.epochs.at(-1)!.valLoss).toBeCloseTo(quick.epochs.at(-1)!.valLoss!, 4);
    const { parameters } = await loadRun(onFeatures, 'last');
    expect(parameters.get('backbone/top.weight')?.data).toHaveLength(8 * 6 * 9);
  });

  it('fine-tunes in a second phase, and goes on within it as if never stopped', async () => {
    const { folder, tiny } = await opened();
    const spec = specOn(tiny);
    const job = {
      ...{ spec, finetune, epochs: 4, train: bars(60, 1), validation: null },
      backbones: { [tiny.sha256]: tiny.file },
    };
    const [whole, parted] = [join(folder, 'whole'), join(folder, 'parted')];
    const straight = await run(tinyJob(whole, job));
    expect(straight.epochs.map(({ learningRate }) => learningRate)).toEqual([
      0.01, 0.01, 0.01, 0.01,
    ]);
    await run(tinyJob(parted, job), 1);
    await run(tinyJob(parted, { ...job, resume: true }), 1);
    expect((await saved(parted)).has('backbone/top.weight')).toBe(false);
    await run(tinyJob(parted, { ...job, resume: true }), 1);
    const { result } = await run(tinyJob(parted, { ...job, resume: true }));
    expect(result).toMatchObject({ outcome: 'done', epochs: 4 });
    const [one, other] = [await saved(whole), await saved(parted)];
    expect([...other.keys()]).toEqual([...one.keys()]);
    expect(one.has('backbone/stem.weight')).toBe(true);
    for (const [name, { data }] of one) expect(other.get(name)!.data, name).toEqual(data);
  });

  it('moves what learns slowly by less', async () => {
    const { folder, tiny, graph } = await opened();
    const moved = async (name: string, rates: [number, number]) => {
      const layer = { trainableFrom: 'all', rates };
      const runDir = join(folder, name);
      const spec = { ...specOn(tiny, layer), optimizer: { type: 'sgd' as const } };
      await run(
        tinyJob(runDir, {
          ...{ spec, epochs: 1, train: bars(32, 1), validation: null, batch: 32 },
          backbones: { [tiny.sha256]: tiny.file },
        }),
      );
      const { data } = (await saved(runDir)).get('backbone/top.weight')!;
      const before = graph.weights.get('top.weight')!.data as Float32Array;
      return data.map((value, at) => value - before[at]!);
    };
    const whole = await moved('whole', [1, 1]);
    const half = await moved('half', [0.5, 0.5]);
    whole.forEach((step, at) => expect(half[at]).toBeCloseTo(step / 2, 6));
    expect(whole.some((step) => Math.abs(step) > 1e-4)).toBe(true);
  });

  it('follows each batch with the running statistics of what learns, where it is told to', async () => {
    const { folder, tiny, graph, backbones } = await opened();
    const layer = { trainableFrom: 'all', batchStatistics: true };
    const spec: ModelSpec = { ...specOn(tiny, layer), optimizer: { type: 'sgd' } };
    const { statistics } = layoutParameters(resolveModel(spec, 3, backbones));
    expect(statistics.entries.map(({ fullName }) => fullName)).toEqual([
      'backbone/norm.mean',
      'backbone/norm.variance',
    ]);
    const above = specOn(tiny, { ...layer, trainableFrom: 'maps' });
    expect(layoutParameters(resolveModel(above, 3, backbones)).statistics.size).toBe(0);
    const train = bars(32, 1);
    const files = { [tiny.sha256]: tiny.file };
    const job = { spec, train, validation: bars(8, 2), epochs: 1, batch: 32, backbones: files };
    const { epochs } = await run(tinyJob(join(folder, 'run'), job));
    expect(epochs[0]!.valLoss).toBeGreaterThan(0);
    const after = await saved(join(folder, 'run'));
    // What the normalisation sees of the one batch, looked at by the frozen network.
    const stem = graph.nodes.find(({ op }) => op === 'Conv')!.outputs[0]!;
    const looking = specOn(tiny, { cut: stem });
    const { source } = await featuresOf(looking, 1, train, tiny);
    const seen = new Float32Array(source.data.buffer);
    const before = (name: string) => graph.weights.get(name)!.data;
    for (let channel = 0; channel < 6; channel++) {
      const values = [...seen].filter((_, at) => Math.floor(at / 64) % 6 === channel);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      const expected = [
        0.9 * Number(before('norm.mean')[channel]) + 0.1 * mean,
        0.9 * Number(before('norm.variance')[channel]) + (0.1 * squares) / (values.length - 1),
      ];
      const found = ['norm.mean', 'norm.variance'].map(
        (name) => after.get(`backbone/${name}`)!.data[channel]!,
      );
      expected.forEach((value, at) => expect(found[at]).toBeCloseTo(value, 4));
    }
    const { parameters } = await loadRun(join(folder, 'run'), 'last');
    expect(parameters.get('backbone/norm.mean')?.data).toEqual(
      after.get('backbone/norm.mean')?.data,
    );
  });

  it('looks at as many varied copies of each image as it is told', async () => {
    const { folder, tiny } = await opened();
    const spec = specOn(tiny);
    const set = bars(30, 1);
    const one = await featuresOf(spec, 2, set, tiny);
    const rows = new Uint8Array(2 * one.source.data.length);
    rows.set(one.source.data);
    rows.set(one.source.data, one.source.data.length);
    const twice: TensorSet = {
      ...one,
      source: { kind: 'inline', data: rows },
      slots: Uint32Array.from({ length: 60 }, (_, row) => row),
      labels: Int32Array.from({ length: 60 }, (_, row) => set.labels[row % 30]!),
    };
    const job = {
      ...{ spec, epochs: 2, train: set, validation: null },
      backbones: { [tiny.sha256]: tiny.file },
      augment: augmentationSpec.parse({ name: 'none', operations: [] }),
    };
    const [single, double] = [join(folder, 'single'), join(folder, 'double')];
    const features = { layers: 2, validation: null };
    await run(tinyJob(single, { ...job, features: { ...features, copies: 1, train: one } }));
    await run(tinyJob(double, { ...job, features: { ...features, copies: 2, train: twice } }));
    // Both copies are the same here: so are the trainings.
    expect((await saved(double)).get('dense/kernel')).toEqual(
      (await saved(single)).get('dense/kernel'),
    );
  });
});
