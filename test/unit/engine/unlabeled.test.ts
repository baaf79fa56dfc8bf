import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { augmentationSpec } from '#shared/augmentation.ts';
import type { LayerSpec, ModelSpec } from '#shared/model-spec.ts';
import { createBackend, createTrainingBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { decodeSafetensors } from '#core/engine/checkpoint/safetensors.ts';
import { buildProducts, nearest } from '#core/engine/nearest.ts';
import { runFiles, type TensorSet, type TrainEvent, type TrainJob } from '#core/engine/protocol.ts';
import { Random } from '#core/engine/random.ts';
import { train } from '#core/engine/training/trainer.ts';
import { graphOf, smooth } from '#core/engine/training/unlabeled/neighbors.ts';
import { alongAxes, principalAxes } from '#core/engine/training/unlabeled/principal-axes.ts';
import { EpochImages, interleave } from '#core/engine/training/unlabeled/epoch-images.ts';
import {
  align,
  classPrior,
  sharpen,
  sureShare,
} from '#core/engine/training/unlabeled/pseudo-labels.ts';
import { bars, temporaryFolder, tinyJob, tinySpec } from './helpers.ts';

const backend = await createTrainingBackend(chooseBackend('cpu', 1), 1);

/** Bars of which only the first few have a label. */
function partly(count: number, labeled: number): TensorSet {
  const set = bars(count, 1);
  return { ...set, labels: set.labels.map((label, at) => (at < labeled ? label : -1)) };
}

const unlabeled = { warmup: 3, round: 2, ratio: 4, neighbors: 3, temperature: 0.6 };

const spec: ModelSpec = {
  ...tinySpec,
  layers: [
    { type: 'conv2d', filters: 8, kernel: [3, 3], bias: false },
    { type: 'batchnorm', momentum: 0.9 },
    { type: 'activation', activation: 'relu' },
    { type: 'globalaveragepool2d' },
    { type: 'dropout', rate: 0.2 },
    { type: 'dense', units: 'classes', activation: 'softmax' },
  ],
};

const dense: LayerSpec[] = [
  { type: 'flatten' },
  { type: 'dropout', rate: 0.2 },
  { type: 'dense', units: 'classes', activation: 'softmax' },
];

/** Bars in strong noise: between across and a slant (class 0), between upright and a slant (class 1). */
function turnedBars(count: number, seed: number): TensorSet {
  const random = new Random(seed, 'turned bars');
  const data = Uint8Array.from({ length: count * 64 }, () => random.below(150));
  const labels = Int32Array.from({ length: count }, (_, image) => image % 2);
  for (const [image, label] of labels.entries()) {
    const angle = Math.PI * (0.05 + 0.4 * random.uniform() + label / 2);
    const [x, y] = [2.75 + 1.5 * random.uniform(), 2.75 + 1.5 * random.uniform()];
    for (let step = -4; step <= 4; step += 0.25) {
      const column = Math.round(x + step * Math.cos(angle));
      const row = Math.round(y + step * Math.sin(angle));
      const inside = Math.min(column, row) >= 0 && Math.max(column, row) < 8;
      if (inside) data[image * 64 + row * 8 + column] = 150 + random.below(100);
    }
  }
  const slots = Uint32Array.from({ length: count }, (_, index) => index);
  return { height: 8, width: 8, channels: 1, source: { kind: 'inline', data }, slots, labels };
}

interface Interruption {
  stopAfter?: number;
  pauseAt?: number;
}

async function run(job: TrainJob, { stopAfter = Infinity, pauseAt }: Interruption = {}) {
  const events: TrainEvent[] = [];
  const epochs = () => events.filter((event) => event.type === 'epoch');
  let steps = 0;
  const result = await train(job, backend, {
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
    stopRequested: () => epochs().length >= stopAfter,
    pauseRequested: () => ++steps === pauseAt,
  });
  return { result, events, metrics: epochs().map(({ metrics }) => metrics) };
}

async function weights(folder: string) {
  const file = join(folder, runFiles.checkpoint('last'));
  return [...decodeSafetensors(await readFile(file), file).tensors];
}

describe('what answers become', () => {
  const rows = () => Float32Array.of(0.7, 0.2, 0.1, 0.5, 0.3, 0.2, 0.6, 0.1, 0.3, 0.4, 0.4, 0.2);
  const sums = (values: Float32Array) =>
    [0, 3, 6, 9].map((at) => values.subarray(at, at + 3).reduce((sum, value) => sum + value));

  it('aligns them with how frequent the classes are', () => {
    const answers = rows();
    const prior = Float64Array.of(0.4, 0.35, 0.25);
    align(answers, prior);
    for (const [label, share] of prior.entries()) {
      const mean = [0, 3, 6, 9].reduce((sum, at) => sum + answers[at + label]! / 4, 0);
      expect(mean).toBeCloseTo(share, 5);
    }
    for (const sum of sums(answers)) expect(sum).toBeCloseTo(1, 5);
  });

  it('makes them surer, in the same order', () => {
    const answers = rows();
    sharpen(answers, 3, 0.5);
    // 0.7² : 0.2² : 0.1²
    expect(answers[0]).toBeCloseTo(0.49 / 0.54, 5);
    expect(answers[1]).toBeCloseTo(0.04 / 0.54, 5);
    expect(sureShare(answers, 3)).toBe(1 / 4);
    expect(sureShare(rows(), 3)).toBe(0);
  });

  it('survives answers without a doubt', () => {
    const answers = Float32Array.of(1, 0, 0, 0, 1, 0);
    align(answers, Float64Array.of(0.5, 0.25, 0.25));
    sharpen(answers, 3, 0.1);
    expect([...answers]).toEqual([1, 0, 0, 0, 1, 0]);
  });

  it('takes few labels for less than they say', () => {
    const labels = (...counts: number[]) =>
      Int32Array.from(counts.flatMap((count, label) => new Array<number>(count).fill(label)));
    // As even as chance would have it: nothing speaks against equal classes.
    expect([...classPrior(labels(48, 52), 2)]).toEqual([0.5, 0.5]);
    const skewed = classPrior(labels(900, 100), 2);
    expect(skewed[0]).toBeGreaterThan(0.895);
    expect(skewed[0]).toBeLessThan(0.9);
    // Images without a label tell nothing, and no labels tell nothing either.
    expect([...classPrior(Int32Array.of(-1, -1), 2)]).toEqual([0.5, 0.5]);
  });
});

describe('neighbours', () => {
  // Two groups of three on a line, far from each other.
  const places = [0, 1, 2, 10, 11, 13];
  const indices = places.map((own) => {
    const away = (other: number) => Math.abs(places[other]! - own);
    return [...places.keys()].sort((a, b) => away(a) - away(b)).slice(0, 3);
  });
  const distances = indices.map((others, own) =>
    others.map((other) => Math.abs(places[other]! - places[own]!)),
  );

  it('are pairs, each once, that count less the further they are apart', () => {
    const { one, other, weights } = graphOf({ indices, distances });
    const pairs = Array.from(one, (each, at) => `${each}-${other[at]}`);
    expect(pairs.toSorted()).toEqual(['0-1', '0-2', '1-2', '3-4', '3-5', '4-5']);
    const weight = (pair: string) => weights[pairs.indexOf(pair)]!;
    expect(weight('0-1')).toBeGreaterThan(weight('0-2'));
    expect(weight('3-4')).toBeGreaterThan(weight('4-5'));
  });

  it('pass labels on, which stay', () => {
    // One label in each group, the rest slightly wrong.
    const rows = Float32Array.of(1, 0, 0.45, 0.55, 0.45, 0.55, 0, 1, 0.55, 0.45, 0.55, 0.45);
    smooth(rows, 2, graphOf({ indices, distances }), (row) => row === 0 || row === 3);
    expect([rows[0], rows[1], rows[6], rows[7]]).toEqual([1, 0, 0, 1]);
    for (const row of [1, 2]) expect(rows[row * 2]).toBeGreaterThan(0.55);
    for (const row of [4, 5]) expect(rows[row * 2 + 1]).toBeGreaterThan(0.55);
    for (const row of [1, 2, 4, 5]) {
      expect(rows[row * 2]! + rows[row * 2 + 1]!).toBeCloseTo(1, 6);
    }
  });

  it('are looked for along the directions in which features differ', async () => {
    // Far apart along a slant of the plane, with a little noise across it and nothing beyond.
    const random = new Random(5, 'slant');
    const count = 200;
    const values = Float32Array.from({ length: count * 6 }, () => 0);
    const along = Array.from({ length: count }, () => random.uniform() - 0.5);
    for (const [at, far] of along.entries()) {
      const across = 0.01 * (random.uniform() - 0.5);
      values.set([7 + 3 * far + 4 * across, 2 + 4 * far - 3 * across], at * 6);
    }
    const program = await createBackend(chooseBackend('cpu', 1), 1).compile(buildProducts());
    const found = await principalAxes(program, values, 6, 1);
    expect([...found.mean.subarray(2)]).toEqual([0, 0, 0, 0]);
    const sign = Math.sign(found.axes[0]!);
    for (const [at, part] of [0.6, 0.8, 0, 0, 0, 0].entries()) {
      expect(found.axes[at]! * sign).toBeCloseTo(part, 2);
    }
    const placed = await alongAxes(program, values, found);
    await program.dispose();
    const mean = along.reduce((sum, far) => sum + far / count, 0);
    expect([...placed].map((place) => Math.round(place * sign * 1e5) / 1e5)).toEqual(
      along.map((far) => Math.sign(far - mean)),
    );
  });

  it('are the same as by comparing all with all', async () => {
    const random = new Random(3, 'vectors');
    const values = Float32Array.from({ length: 300 * 5 }, () => random.uniform());
    const program = await createBackend(chooseBackend('cpu', 1), 1).compile(buildProducts());
    const found = await nearest(program, values, 5, 4, undefined);
    await program.dispose();
    for (const own of [0, 255, 256, 299]) {
      const squared = Array.from({ length: 300 }, (_, other) =>
        [0, 1, 2, 3, 4].reduce(
          (sum, at) => sum + (values[own * 5 + at]! - values[other * 5 + at]!) ** 2,
          0,
        ),
      );
      const order = [...squared.keys()].sort((a, b) => squared[a]! - squared[b]!).slice(0, 4);
      expect(found.indices[own]).toEqual(order);
      expect(found.distances[own]![3]).toBeCloseTo(Math.sqrt(squared[order[3]!]!), 4);
    }
  });
});

describe('the images of an epoch', () => {
  const job = { ...tinyJob('', { train: partly(103, 10), batch: 8, epochs: 9 }), unlabeled };
  const images = new EpochImages({ job });

  it('are the labeled ones, then unlabeled ones between them', () => {
    expect([...images.order(3)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const order = [...images.order(4)];
    expect(order).toHaveLength(50);
    for (let start = 0; start < 50; start += 10) {
      expect(order.slice(start, start + 10).filter((at) => at < 10)).toHaveLength(2);
    }
    expect(order.filter((at) => at >= 10)).toEqual([...images.drawn(4)]);
    expect([1, 3, 4, 9].map((epoch) => images.count(epoch))).toEqual([10, 10, 50, 50]);
    expect(images.after(2)).toBe(10 + 6 * 50);
    expect(images.stepsIn(9)).toBe(3 * 2 + 6 * 7);
  });

  it('come all before one comes again', () => {
    const drawn = [4, 5, 6, 7].flatMap((epoch) => [...images.drawn(epoch)]);
    expect(new Set(drawn.slice(0, 93)).size).toBe(93);
    expect(new Set(drawn.slice(93)).size).toBe(160 - 93);
    expect(Math.min(...drawn)).toBe(10);
  });

  it('are as ever where all have a label', () => {
    const plain = new EpochImages({ job: { ...job, train: bars(20, 1), unlabeled: null } });
    expect([...plain.order(1)].sort((a, b) => a - b)).toEqual([...Array(20).keys()]);
    expect(plain.stepsIn(9)).toBe(27);
    expect(plain.position(5, 2)).toEqual({ step: 5, steps: 27, epoch: 2 });
  });

  it('begin the schedule anew with each round', () => {
    expect(images.position(5, 3)).toEqual({ step: 5, steps: 6, epoch: 3 });
    expect(images.position(6, 4)).toEqual({ step: 0, steps: 14, epoch: 4 });
    expect(images.position(6 + 14 + 3, 6)).toEqual({ step: 3, steps: 14, epoch: 6 });
  });

  it('spreads what there is', () => {
    const spread = interleave(Uint32Array.of(1, 2), Uint32Array.of(7, 8, 9));
    expect([...spread]).toEqual([7, 8, 1, 9, 2]);
    expect([...interleave(Uint32Array.of(1, 2), new Uint32Array())]).toEqual([1, 2]);
  });
});

describe('training with images without a label', () => {
  const job = (runDir: string, changes: Partial<TrainJob> = {}) =>
    tinyJob(runDir, {
      spec,
      train: partly(600, 12),
      validation: bars(300, 2),
      epochs: 9,
      batch: 20,
      averaging: { decay: 0.9 },
      views: { flip: true, shift: 0 },
      augment: augmentationSpec.parse({
        name: 'blended',
        operations: [{ type: 'flip-horizontal', probability: 0.5 }, { type: 'mixup' }],
      }),
      unlabeled,
      ...changes,
    });

  it('gets better than on the labels alone', async () => {
    const few = 6;
    const all = turnedBars(400, 1);
    const labels = all.labels.map((label, at) => (at < few ? label : -1));
    const course = {
      spec: { ...spec, layers: [...tinySpec.layers.slice(0, 2), ...dense] },
      classNames: ['flat', 'steep'],
      validation: turnedBars(300, 99),
      augment: null,
      views: null,
      schedule: { type: 'one-cycle', warmup: 0.3, start: 10, end: 100 } as const,
      learningRate: 0.02,
      validateEvery: 100,
    };
    const alone = await run(
      job(await temporaryFolder(), {
        ...course,
        train: { ...all, slots: all.slots.subarray(0, few), labels: all.labels.subarray(0, few) },
        unlabeled: null,
        epochs: 70,
      }),
    );
    const both = await run(
      job(await temporaryFolder(), {
        ...course,
        train: { ...all, labels },
        unlabeled: {
          warmup: 40,
          round: 2,
          ratio: (400 - few) / few,
          neighbors: 3,
          temperature: 0.5,
        },
        epochs: 48,
      }),
    );
    const [before = NaN, after] = [alone, both].map(({ metrics }) => metrics.at(-1)!.valAccuracy!);
    expect(after).toBeGreaterThan(before + 0.015);
    expect(both.metrics[39]?.sure).toBeUndefined();
    expect(both.metrics.at(-1)!.sure).toBeGreaterThan(both.metrics[40]!.sure!);
  });

  it.each([
    ['in the warm-up', { stopAfter: 2 }],
    ['between two rounds', { stopAfter: 5 }],
    ['within a round', { stopAfter: 6 }],
    ['within an epoch', { pauseAt: 3 + 2 * 3 + 2 }],
  ])('goes on to the bit, ended %s', async (_name, interruption) => {
    const whole = await temporaryFolder();
    const ended = await temporaryFolder();
    const straight = await run(job(whole));
    const before = await run(job(ended), interruption);
    expect(before.metrics.length).toBeLessThan(9);
    const after = await run(job(ended, { resume: true }));
    const numbers = [...before.metrics, ...after.metrics].map(({ loss, valLoss, sure }) => [
      ...[loss, valLoss, sure],
    ]);
    expect(numbers).toEqual(
      straight.metrics.map(({ loss, valLoss, sure }) => [loss, valLoss, sure]),
    );
    expect(await weights(ended)).toEqual(await weights(whole));
  });

  it('asks again where what it learned from is lost', async () => {
    const folder = await temporaryFolder();
    await run(job(folder), { stopAfter: 6 });
    await writeFile(join(folder, runFiles.pseudoLabels), 'lost');
    const { metrics } = await run(job(folder, { resume: true }));
    expect(metrics.map(({ epoch }) => epoch)).toEqual([7, 8, 9]);
  });

  it('counts progress over epochs of different length', async () => {
    const { events } = await run(job(await temporaryFolder()));
    const points = events.filter((event) => event.type === 'batch');
    const last = points.at(-1)!;
    expect(last).toMatchObject({ at: 9, step: 3 + 6 * 3, etaSeconds: 0 });
    const places = points.map(({ at }) => at);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  it('needs images of both kinds', async () => {
    for (const train of [bars(20, 1), partly(20, 0)]) {
      await expect(run(job(await temporaryFolder(), { train }))).rejects.toMatchObject({
        code: 'NOT_ENOUGH_DATA',
      });
    }
    const without = job(await temporaryFolder(), { unlabeled: null });
    await expect(run(without)).rejects.toThrow('is no class');
  });
});
