/** The TensorFlow backend, on TensorFlow.js without its native part, beside ONNX Runtime's. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AveragingSpec } from '#shared/averaging.ts';
import type { LayerSpec, ModelSpec, OptimizerSpec } from '#shared/model-spec.ts';
import { createTrainingBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { TensorflowStepper } from '#core/engine/backends/tensorflow/stepper.ts';
import { Random } from '#core/engine/random.ts';
import type { Stepper } from '#core/engine/training/stepper.ts';
import { expectClose } from './harness.ts';

const BATCH = 5;
const CLASSES = 3;
const RATE = 0.01;
const SEED = 7;

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function spec(layers: LayerSpec[], changes: Partial<ModelSpec> = {}): ModelSpec {
  return {
    name: 'small',
    input: { height: 9, width: 8, channels: 3 },
    layers,
    loss: 'crossentropy',
    // Adam turns rounding in a gradient near zero into a whole step: see the optimizers' own test.
    optimizer: { type: 'sgd', momentum: 0.9 },
    ...changes,
  };
}

function batch(step: number, classes: number): [Uint8Array, Int32Array] {
  const random = new Random('batch', step);
  const pixels = Uint8Array.from({ length: BATCH * 9 * 8 * 3 }, () => random.below(256));
  return [pixels, Int32Array.from({ length: BATCH }, () => random.below(classes))];
}

async function steppers(
  model: ModelSpec,
  classes = CLASSES,
  averaging: AveragingSpec | null = null,
): Promise<[Stepper, Stepper]> {
  const ort = await createTrainingBackend(chooseBackend('cpu', 1), 1);
  const options = { spec: model, classes, classWeights: undefined, averaging };
  const both: [Stepper, Stepper] = [
    ort.createStepper(options, SEED),
    new TensorflowStepper(tf, options, SEED),
  ];
  for (const stepper of both) await stepper.prepare(BATCH);
  return both;
}

async function expectSame(one: Stepper, other: Stepper, tolerance: number): Promise<void> {
  const expected = await one.parameters();
  const found = await other.parameters();
  expect([...found.keys()]).toEqual([...expected.keys()]);
  for (const [name, { data }] of expected) {
    expectClose(found.get(name)!.data, data, tolerance, name);
  }
  const vectors = new Map(await other.slots());
  for (const [name, data] of await one.slots())
    expectClose(vectors.get(name)!, data, tolerance, name);
}

async function expectAgreement(model: ModelSpec, classes = CLASSES, tolerance = 2e-4) {
  const [ort, tensorflow] = await steppers(model, classes);
  for (let step = 1; step <= 3; step++) {
    const [pixels, labels] = batch(step, classes);
    const expected = await ort.run(pixels, labels, RATE);
    const found = await tensorflow.run(pixels, labels, RATE);
    expect(found.loss).toBeCloseTo(expected.loss, 4);
    expect(found.correct).toBe(expected.correct);
  }
  await expectSame(ort, tensorflow, tolerance);
  const [data] = batch(9, classes);
  const image = { dtype: 'uint8' as const, dims: [BATCH, 9, 8, 3], data };
  const answers = await Promise.all(
    [ort, tensorflow].map(async (stepper) => (await stepper.inference()).run({ image })),
  );
  const [expected, found] = answers.map((answer) => answer['logits']!.data as Float32Array);
  expectClose(found!, expected!, tolerance * 10, 'logits');
  await ort.dispose();
  await tensorflow.dispose();
}

const dense: LayerSpec = { type: 'dense', units: 'classes' };
const end: LayerSpec[] = [{ type: 'flatten' }, dense];

describe('the TensorFlow backend agrees with ONNX Runtime on', () => {
  const models: Record<string, LayerSpec[]> = {
    'convolutions, pools and dense': [
      { type: 'conv2d', filters: 4, kernel: [3, 3], padding: 'same', activation: 'relu', l2: 0.01 },
      { type: 'maxpool2d', size: [2, 2] },
      { type: 'conv2d', filters: 6, kernel: [3, 2], strides: [2, 1], padding: [1, 0] },
      { type: 'averagepool2d', size: [2, 2], strides: [1, 1], padding: 'same' },
      { type: 'flatten' },
      { type: 'dense', units: 7, activation: 'gelu' },
      { type: 'batchnorm', momentum: 0.9 },
      { type: 'dropout', rate: 0.3 },
      { type: 'dense', units: 'classes', activation: 'softmax' },
    ],
    'groups, dilation, depthwise, separable': [
      { type: 'conv2d', filters: 4, kernel: [3, 3], dilation: [2, 2], activation: 'leaky_relu' },
      { type: 'conv2d', filters: 6, kernel: [3, 3], groups: 2, padding: 'same', activation: 'elu' },
      { type: 'depthwiseconv2d', kernel: [3, 3], multiplier: 2, padding: 'same' },
      { type: 'batchnorm', scale: false },
      { type: 'activation', activation: 'relu6' },
      { type: 'separableconv2d', filters: 5, kernel: [3, 3], padding: 'same', activation: 'silu' },
      { type: 'globalaveragepool2d' },
      dense,
    ],
    'transposed, up-sampled, padded, squeezed': [
      { type: 'normalization', mean: [0.4, 0.5, 0.6], variance: [0.1, 0.2, 0.3] },
      { type: 'conv2d', filters: 4, kernel: [3, 3], strides: [2, 2], activation: 'tanh' },
      { type: 'conv2dtranspose', filters: 5, kernel: [3, 3], strides: [2, 2], padding: 'same' },
      { type: 'layernorm' },
      { type: 'spatialdropout2d', rate: 0.4 },
      { type: 'squeezeexcite', ratio: 2, gate: 'hard_sigmoid' },
      {
        type: 'zeropadding2d',
        padding: [
          [1, 0],
          [0, 2],
        ],
      },
      { type: 'maxpool2d', size: [3, 3], strides: [2, 2], padding: [1, 1] },
      { type: 'upsampling2d', size: [2, 2] },
      { type: 'leakyrelu', slope: 0.1 },
      { type: 'globalmaxpool2d' },
      dense,
    ],
    'blocks side by side': [
      {
        type: 'residual',
        body: [
          { type: 'conv2d', filters: 4, kernel: [3, 3], padding: 'same', bias: false },
          { type: 'batchnorm' },
        ],
        shortcut: [{ type: 'conv2d', filters: 4, kernel: [1, 1] }],
        activation: 'relu',
      },
      {
        type: 'branches',
        merge: 'concat',
        branches: [[{ type: 'conv2d', filters: 3, kernel: [1, 1], activation: 'hard_swish' }], []],
      },
      { type: 'rescaling', scale: 2, offset: -1 },
      ...end,
    ],
  };
  it.each(Object.entries(models))('%s', async (_name, layers) => {
    await expectAgreement(spec(layers));
  });

  it('smoothed labels, class weights and a clipped gradient', async () => {
    const changes = {
      labelSmoothing: 0.1,
      classWeights: [0.5, 1, 2],
      optimizer: { type: 'sgd', clipNorm: 0.1 } as const,
    };
    await expectAgreement(spec(end, changes));
  });

  it('sigmoid heads', async () => {
    const loss = 'binary-crossentropy';
    const single: LayerSpec[] = [
      { type: 'flatten' },
      { type: 'dense', units: 1, activation: 'sigmoid' },
    ];
    await expectAgreement(spec(end, { loss, labelSmoothing: 0.2 }));
    await expectAgreement(spec(single, { loss }), 2);
  });

  it.each<OptimizerSpec>([
    { type: 'sgd', momentum: 0.8, nesterov: true },
    { type: 'rmsprop' },
    { type: 'adam' },
    { type: 'adamw', weightDecay: 0.1 },
  ])('$type', async (optimizer) => {
    // Every input is lit, so no gradient is near zero.
    await expectAgreement(spec(end, { optimizer }), CLASSES, 1e-3);
  });
});

describe('checkpoints of the TensorFlow backend', () => {
  const layers: LayerSpec[] = [
    { type: 'conv2d', filters: 4, kernel: [3, 3], activation: 'relu' },
    { type: 'batchnorm' },
    { type: 'dropout', rate: 0.5 },
    ...end,
  ];

  it.each([null, { decay: 0.9 }])(
    'are gone on with by ONNX Runtime, and the other way round, averaging %j',
    async (averaging) => {
      const model = spec(layers, { optimizer: { type: 'adam' } });
      for (const swap of [false, true]) {
        const both = await steppers(model, CLASSES, averaging);
        const [first, second] = swap ? [both[1], both[0]] : both;
        const reference = (await steppers(model, CLASSES, averaging))[swap ? 1 : 0];
        for (let step = 1; step <= 4; step++) {
          const stepper = step <= 2 ? first : second;
          if (step === 3) {
            const parameters = new Map(await first.parameters());
            await second.restore({ parameters, slots: new Map(await first.slots()) }, first.steps);
          }
          const [pixels, labels] = batch(step, CLASSES);
          const found = await stepper.run(pixels, labels, RATE);
          const expected = await reference.run(pixels, labels, RATE);
          expect(found.loss).toBeCloseTo(expected.loss, 3);
        }
        expect(second.steps).toBe(4);
        await expectSame(reference, second, 2e-3);
      }
    },
  );

  it('of several members agree', async () => {
    const member: LayerSpec[] = [
      ...layers.slice(0, 2),
      { type: 'flatten' },
      { type: 'dense', units: 'classes' },
    ];
    const joined: LayerSpec = { type: 'branches', merge: 'concat', branches: [member, member] };
    await expectAgreement(
      spec([joined], { members: 2, optimizer: { type: 'sgd', momentum: 0.9 } }),
    );
  });

  it('leave no tensor behind from step to step', async () => {
    const stepper = new TensorflowStepper(tf, { spec: spec(layers), classes: CLASSES }, SEED);
    const [pixels, labels] = batch(1, CLASSES);
    await stepper.run(pixels, labels, RATE);
    const before = tf.memory().numTensors;
    for (let step = 0; step < 3; step++) await stepper.run(pixels, labels, RATE);
    expect(tf.memory().numTensors).toBe(before);
    await stepper.dispose();
  });
});
