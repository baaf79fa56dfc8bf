/**
 * Training on replicas with the update in memory, against the same training as one graph: whatever
 * the number of replicas and however a batch is divided, the numbers are those of the whole batch.
 */
import { afterAll, describe, expect, it } from 'vitest';
import type { AveragingSpec } from '#shared/averaging.ts';
import type { LayerSpec, ModelSpec, OptimizerSpec } from '#shared/model-spec.ts';
import { createBackend } from '#core/engine/backends/index.ts';
import { factoredKernels } from '#core/engine/training/cpu/factored.ts';
import { allocateState } from '#core/engine/training/cpu/state-memory.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { Random } from '#core/engine/random.ts';
import { CpuStepper } from '#core/engine/training/cpu/cpu-stepper.ts';
import { DeviceStepper } from '#core/engine/training/device-stepper.ts';
import type { Stepper } from '#core/engine/training/stepper.ts';

const CLASSES = 3;
const SEED = 5;
/** Divided evenly, unevenly, among fewer images than replicas, and as at first. */
const BATCHES = [16, 13, 2, 16];

const layers: LayerSpec[] = [
  { type: 'conv2d', filters: 6, kernel: [3, 3], activation: 'relu', l2: 0.01 },
  { type: 'maxpool2d', size: [2, 2] },
  { type: 'dropout', rate: 0.3 },
  { type: 'flatten' },
  { type: 'dense', units: 9, activation: 'tanh' },
  { type: 'dropout', rate: 0.5 },
  { type: 'dense', units: 'classes', activation: 'softmax' },
];

function specOf(more: Partial<ModelSpec> = {}): ModelSpec {
  return {
    name: 'shared',
    input: { height: 10, width: 9, channels: 3 },
    layers,
    loss: 'crossentropy',
    optimizer: { type: 'sgd' },
    ...more,
  };
}

const optimizers: Record<string, OptimizerSpec> = {
  sgd: { type: 'sgd' },
  nesterov: { type: 'sgd', momentum: 0.9, nesterov: true },
  rmsprop: { type: 'rmsprop' },
  adam: { type: 'adam' },
  adamw: { type: 'adamw', weightDecay: 0.1 },
  'adam, clipped': { type: 'adam', clipNorm: 0.05 },
  'sgd, hardly clipped': { type: 'sgd', clipNorm: 1000 },
};

const open: Stepper[] = [];
afterAll(async () => {
  for (const stepper of open) await stepper.dispose();
});

function onReplicas(
  spec: ModelSpec,
  threads: number,
  averaging: AveragingSpec | null = null,
): CpuStepper {
  const stepper = new CpuStepper(
    chooseBackend('cpu', threads),
    threads,
    { spec, classes: CLASSES, averaging },
    SEED,
  );
  open.push(stepper);
  return stepper;
}

function inGraph(spec: ModelSpec, averaging: AveragingSpec | null = null): DeviceStepper {
  const stepper = new DeviceStepper(
    createBackend(chooseBackend('cpu', 1), 1),
    { spec, classes: CLASSES, averaging },
    SEED,
  );
  open.push(stepper);
  return stepper;
}

/** Labels as blended images have them: a share of their own class, the rest of another. */
function shares(labels: Int32Array, random: Random): Float32Array {
  const targets = new Float32Array(labels.length * CLASSES);
  for (const [image, label] of labels.entries()) {
    const own = 0.55 + 0.4 * random.uniform();
    targets[image * CLASSES + label] = own;
    targets[image * CLASSES + ((label + 1) % CLASSES)] = 1 - own;
  }
  return targets;
}

/** Loss and right answers of each step, and everything the steps changed at the end. */
async function train(stepper: Stepper, soft = false) {
  const { height, width, channels } = stepper.model.input;
  await stepper.prepare(Math.max(...BATCHES));
  const steps = [];
  for (const [index, batch] of BATCHES.entries()) {
    const random = new Random('batch', index);
    const pixels = Uint8Array.from({ length: batch * height * width * channels }, () =>
      random.below(256),
    );
    const labels = Int32Array.from({ length: batch }, () => random.below(CLASSES));
    steps.push(await stepper.run(pixels, soft ? shares(labels, random) : labels, 0.01));
  }
  const parameters = [...(await stepper.parameters())];
  return {
    losses: steps.map(({ loss }) => loss),
    corrects: steps.map(({ correct }) => correct),
    vectors: new Map([
      ...parameters.map(([name, { data }]): [string, number[]] => [name, [...data]]),
      ...(await stepper.slots()).map(([name, data]): [string, number[]] => [name, [...data]]),
    ]),
  };
}

type Trained = Awaited<ReturnType<typeof train>>;

function expectAgreement(found: Trained, expected: Trained): void {
  expect(found.corrects).toEqual(expected.corrects);
  for (const [index, loss] of expected.losses.entries()) {
    expect(found.losses[index]).toBeCloseTo(loss, 5);
  }
  expect([...found.vectors.keys()]).toEqual([...expected.vectors.keys()]);
  for (const [name, values] of expected.vectors) {
    const largest = (numbers: number[]) =>
      numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const apart = values.map((value, index) => value - found.vectors.get(name)![index]!);
    expect(largest(apart) / Math.max(1e-3, largest(values)), name).toBeLessThan(1e-4);
  }
}

describe('a CPU stepper', () => {
  it.each(Object.entries(optimizers))(
    'with %s agrees with the update in the graph, on one, two and three threads',
    async (_name, optimizer) => {
      const spec = specOf({ optimizer });
      const expected = await train(inGraph(spec));
      for (const threads of [1, 2, 3]) {
        expectAgreement(await train(onReplicas(spec, threads)), expected);
      }
    },
  );

  it.each(Object.entries(optimizers).filter(([, { clipNorm }]) => !clipNorm))(
    'with %s agrees where a dense layer is too large for its gradient to be written down',
    async (_name, optimizer) => {
      const wide: LayerSpec[] = [
        { type: 'conv2d', filters: 16, kernel: [1, 1], activation: 'relu' },
        { type: 'flatten' },
        { type: 'dense', units: 208, activation: 'tanh' },
        { type: 'dense', units: 'classes', activation: 'softmax' },
      ];
      const spec = specOf({ layers: wide, optimizer });
      const expected = await train(inGraph(spec));
      for (const threads of [1, 2, 3]) {
        const stepper = onReplicas(spec, threads);
        expectAgreement(await train(stepper), expected);
        const factored = factoredKernels(stepper.model, stepper.layout, 16, false);
        expect(factored.map(({ fullName }) => fullName)).toEqual(['dense/kernel']);
      }
    },
  );

  it('agrees where labels are shares of classes and weights are averaged', async () => {
    const averaging = { decay: 0.9 };
    const spec = specOf({
      layers: [layers[0]!, { type: 'batchnorm' }, ...layers.slice(3)],
      classWeights: [1, 3, 0.5],
      labelSmoothing: 0.1,
      optimizer: { type: 'adamw', clipNorm: 0.5 },
    });
    const expected = await train(inGraph(spec, averaging), true);
    expectAgreement(await train(onReplicas(spec, 2, averaging), true), expected);
    expect(expected.vectors.has('statistics')).toBe(true);
    const without = specOf({ optimizer: { type: 'sgd', momentum: 0.9 } });
    expectAgreement(
      await train(onReplicas(without, 3, averaging), true),
      await train(inGraph(without, averaging), true),
    );
  });

  it('answers with the average of its weights, which follows them ever more slowly', async () => {
    const stepper = onReplicas(specOf(), 2, { decay: 0.6 });
    await stepper.prepare(4);
    const pixels = Uint8Array.from({ length: 4 * 10 * 9 * 3 }, (_, at) => (at * 37) % 256);
    const name = 'dense_1/kernel';
    const answering = async () => (await stepper.parameters()).get(name)!.data.slice();
    const { offset, size } = stepper.layout.trainable.entries.find((one) => one.fullName === name)!;
    let average = new Float64Array(size);
    for (let step = 1; step <= 12; step++) {
      await stepper.run(pixels, Int32Array.of(0, 1, 2, 0), 0.5);
      const weights = new Map(await stepper.slots()).get('weights')!;
      const now = weights.subarray(offset, offset + size);
      const kept = Math.min(0.6, (step - 1) / (step + 9));
      average = average.map((value, at) => kept * value + (1 - kept) * now[at]!);
      const found = await answering();
      expect(Math.max(...found.map((value, at) => Math.abs(value - average[at]!)))).toBeLessThan(
        1e-5,
      );
      if (step > 1) expect([...found]).not.toEqual([...now]);
    }
  });

  it('agrees with class weights and label smoothing', async () => {
    const spec = specOf({ classWeights: [1, 3, 0.5], labelSmoothing: 0.1 });
    expectAgreement(await train(onReplicas(spec, 2)), await train(inGraph(spec)));
  });

  it('gives the same numbers to the bit every time', async () => {
    const spec = specOf({ optimizer: { type: 'rmsprop' } });
    const first = await train(onReplicas(spec, 3));
    expect(await train(onReplicas(spec, 3))).toEqual(first);
  });

  it('goes on from what it gave away, to the bit', async () => {
    const spec = specOf({ optimizer: { type: 'adam' } });
    const whole = onReplicas(spec, 2);
    const pixels = new Uint8Array(16 * 270).map((_, index) => index % 251);
    const labels = new Int32Array(16).map((_, index) => index % CLASSES);
    await whole.prepare(16);
    await whole.run(pixels, labels, 0.01);
    const copy = onReplicas(spec, 2);
    await copy.prepare(16);
    const parameters = await whole.parameters();
    await copy.restore({ parameters, slots: new Map(await whole.slots()) }, whole.steps);
    const expected = await whole.run(pixels, labels, 0.02);
    expect(await copy.run(pixels, labels, 0.02)).toEqual(expected);
    expect(await copy.slots()).toEqual(await whole.slots());
  });
});

describe('the memory of a CPU stepper', () => {
  it('is refused, with what would help, where addresses do not reach', () => {
    expect(() => allocateState({ size: 400_000_000, slots: 2, replicas: 1 })).toThrow(
      expect.objectContaining({
        code: 'OUT_OF_MEMORY',
        message: expect.stringContaining('400,000,000 parameters') as string,
        hint: expect.stringContaining('SGD') as string,
      }),
    );
  });
});
