/**
 * Each layer as TensorFlow.js has it: the same output from the same weights. And gradients of layers
 * within and behind each other; those of each alone are in layer-properties.test.ts.
 */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import type { Activation, LayerSpec } from '#shared/model-spec.ts';
import { GraphBuilder } from '#core/engine/graph/builder.ts';
import { sizeAt } from '#core/engine/graph/shape.ts';
import type { TensorData, Value } from '#core/engine/graph/types.ts';
import { layerDef } from '#core/engine/layers/index.ts';
import { initialValues, unpack } from '#core/engine/programs/parameters.ts';
import { buildTrainStep } from '#core/engine/programs/train-step.ts';
import {
  checkGradient,
  compile,
  expectClose,
  randomTensor,
  targetsOf,
  type GradientCase,
} from './harness.ts';
import { BATCH, layerCase, SIZE, specOf } from './layer-case.ts';

const { height: HEIGHT, width: WIDTH, channels: CHANNELS } = SIZE;

async function outputOf(testCase: GradientCase): Promise<{ data: Float32Array; dims: number[] }> {
  const b = new GraphBuilder('layer');
  const values: Record<string, Value> = {};
  for (const [name, { dtype, dims }] of Object.entries(testCase.inputs)) {
    values[name] = b.input(name, dtype, dims);
  }
  const y = testCase.build(b, values);
  b.output('y', y);
  const program = await compile(b.finish());
  const results = await program.run(testCase.inputs);
  await program.dispose();
  const dims = y.shape.map((_, axis) => sizeAt(y.shape, axis));
  return { data: results['y']!.data as Float32Array, dims };
}

const nchw = (x: tf.Tensor) => (x.rank === 4 ? tf.transpose(x, [0, 3, 1, 2]) : x);
const given = (tensor: TensorData) => tf.tensor(tensor.data as Float32Array, [...tensor.dims]);
/** The engine's kernels in TensorFlow's layout. */
const kernel = (w: tf.Tensor) => tf.transpose(w, [2, 3, 1, 0]);
const depthwise = (w: tf.Tensor) =>
  tf.reshape(tf.transpose(w, [2, 3, 0, 1]), [w.shape[2]!, w.shape[3]!, CHANNELS, -1]);
const same = (w: tf.Tensor) => w;

type Layout = ((w: tf.Tensor) => tf.Tensor)[];

const oracles: [string, LayerSpec, tf.layers.Layer | (() => tf.layers.Layer), Layout][] = [
  [
    'conv2d, dilated',
    { type: 'conv2d', filters: 3, kernel: [3, 2], dilation: [2, 2], padding: 'same' },
    () =>
      tf.layers.conv2d({ filters: 3, kernelSize: [3, 2], dilationRate: [2, 2], padding: 'same' }),
    [kernel, same],
  ],
  [
    'depthwiseconv2d',
    { type: 'depthwiseconv2d', kernel: [3, 3], multiplier: 2, strides: [2, 2], padding: 'same' },
    () =>
      tf.layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, strides: 2, padding: 'same' }),
    [depthwise, same],
  ],
  [
    'separableconv2d',
    { type: 'separableconv2d', filters: 3, kernel: [3, 3], multiplier: 2 },
    () => tf.layers.separableConv2d({ filters: 3, kernelSize: 3, depthMultiplier: 2 }),
    [depthwise, kernel, same],
  ],
  [
    'conv2dtranspose, valid',
    { type: 'conv2dtranspose', filters: 3, kernel: [3, 2], strides: [2, 3] },
    () => tf.layers.conv2dTranspose({ filters: 3, kernelSize: [3, 2], strides: [2, 3] }),
    [kernel, same],
  ],
  [
    'conv2dtranspose, same',
    { type: 'conv2dtranspose', filters: 3, kernel: [4, 3], strides: [2, 2], padding: 'same' },
    () =>
      tf.layers.conv2dTranspose({ filters: 3, kernelSize: [4, 3], strides: 2, padding: 'same' }),
    [kernel, same],
  ],
  [
    'averagepool2d, same',
    { type: 'averagepool2d', size: [3, 3], strides: [2, 2], padding: 'same' },
    () => tf.layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
    [],
  ],
  ['globalmaxpool2d', { type: 'globalmaxpool2d' }, () => tf.layers.globalMaxPooling2d({}), []],
  [
    'layernorm',
    { type: 'layernorm' },
    () => tf.layers.layerNormalization({ epsilon: 1e-3 }),
    [same, same],
  ],
  [
    'zeropadding2d',
    {
      type: 'zeropadding2d',
      padding: [
        [1, 2],
        [0, 3],
      ],
    },
    () =>
      tf.layers.zeroPadding2d({
        padding: [
          [1, 2],
          [0, 3],
        ],
      }),
    [],
  ],
  [
    'upsampling2d',
    { type: 'upsampling2d', size: [2, 3] },
    () => tf.layers.upSampling2d({ size: [2, 3] }),
    [],
  ],
  [
    'rescaling',
    { type: 'rescaling', scale: 2, offset: -1 },
    () => tf.layers.rescaling({ scale: 2, offset: -1 }),
    [],
  ],
  ['leakyrelu', { type: 'leakyrelu', slope: 0.1 }, () => tf.layers.leakyReLU({ alpha: 0.1 }), []],
];

describe('as TensorFlow.js', () => {
  it.each(oracles)('%s', async (_name, spec, make, layouts) => {
    const testCase = layerCase([spec]);
    const x = tf.transpose(given(testCase.inputs['x']!), [0, 2, 3, 1]);
    const layer = typeof make === 'function' ? make() : make;
    layer.apply(x);
    const parameters = Object.entries(testCase.inputs).filter(([name]) => name !== 'x');
    layer.setWeights(parameters.map(([, tensor], index) => layouts[index]!(given(tensor))));
    const expected = nchw(layer.apply(x) as tf.Tensor);
    const found = await outputOf(testCase);
    expect(found.dims).toEqual(expected.shape);
    expectClose(found.data, expected.dataSync(), 1e-5, spec.type);
  });

  const activations: [Activation, (x: tf.Tensor) => tf.Tensor][] = [
    ['relu6', (x) => tf.relu6(tf.mul(x, 1))],
    ['leaky_relu', (x) => tf.leakyRelu(x, 0.2)],
    ['elu', (x) => tf.elu(x)],
    ['gelu', (x) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.div(x, Math.SQRT2))))],
    ['silu', (x) => tf.mul(x, tf.sigmoid(x))],
    ['hard_sigmoid', (x) => tf.div(tf.relu6(tf.add(x, 3)), 6)],
    ['hard_swish', (x) => tf.div(tf.mul(x, tf.relu6(tf.add(x, 3))), 6)],
    ['softmax', (x) => nchw(tf.softmax(tf.transpose(x, [0, 2, 3, 1])))],
  ];
  it.each(activations)('%s', async (activation, oracle) => {
    // A layer behind it keeps softmax from being left to a loss.
    const testCase = layerCase([
      { type: 'activation', activation },
      { type: 'rescaling', scale: 1 },
    ]);
    const x = randomTensor([BATCH, CHANNELS, HEIGHT, WIDTH], { scale: 8 });
    const found = await outputOf({ ...testCase, inputs: { x } });
    expectClose(found.data, oracle(given(x)).dataSync(), 1e-5, activation);
  });

  it('normalization', async () => {
    const spec: LayerSpec = { type: 'normalization', mean: [0, 1, 2, 3], variance: [4] };
    const { inputs, build } = layerCase([spec]);
    const found = await outputOf({ inputs, build });
    const mean = tf.reshape(tf.tensor1d([0, 1, 2, 3]), [1, 4, 1, 1]);
    const expected = tf.div(tf.sub(given(inputs['x']!), mean), 2);
    expectClose(found.data, expected.dataSync(), 1e-6, 'normalization');
  });
});

it('draws bilinear up-sampling as Keras and PyTorch do', async () => {
  const spec: LayerSpec = { type: 'upsampling2d', size: [2, 3], interpolation: 'bilinear' };
  const place = { name: 'up', previous: null, input: [2, 2, 1], classes: 2, frozen: false };
  const b = new GraphBuilder('up');
  const x = b.input('x', 'float32', [1, 1, 2, 2]);
  const context = {
    b,
    training: true,
    parameter: never,
    keepMask: never,
    updateStatistic: never,
  };
  b.output('y', layerDef(spec).build(context, spec, x, place));
  const program = await compile(b.finish());
  const data = Float32Array.of(1, 2, 3, 4);
  const { y } = await program.run({ x: { dtype: 'float32', dims: [1, 1, 2, 2], data } });
  await program.dispose();
  // keras.layers.UpSampling2D((2, 3), interpolation='bilinear'), Keras 3.
  const row = [1, 1, 4 / 3, 5 / 3, 2, 2];
  const expected = [0, 0.5, 1.5, 2].flatMap((below) => row.map((value) => value + below));
  expectClose(y!.data as Float32Array, expected, 1e-6, 'up-sampled');
});

function never(): never {
  throw new Error('has no parameters');
}

const conv = (filters: number): LayerSpec => ({
  type: 'conv2d',
  filters,
  kernel: [3, 3],
  padding: 'same',
});

const blocks: Record<string, LayerSpec[]> = {
  'depthwise, then mixed': [
    { type: 'depthwiseconv2d', kernel: [3, 3], padding: [1, 1] },
    { type: 'conv2d', filters: 3, kernel: [1, 1], activation: 'tanh' },
  ],
  separable: [{ type: 'separableconv2d', filters: 3, kernel: [3, 3], activation: 'sigmoid' }],
  'groups and dilation': [
    { type: 'conv2d', filters: 6, kernel: [2, 2], groups: 2, dilation: [2, 1], activation: 'silu' },
  ],
  'up-sampling': [{ type: 'upsampling2d', size: [2, 2] }, conv(2)],
  residual: [
    { type: 'residual', body: [conv(4), { type: 'activation', activation: 'tanh' }, conv(4)] },
  ],
  'residual with a shortcut': [
    {
      type: 'residual',
      body: [{ ...conv(3), strides: [2, 2] } as LayerSpec, conv(3)],
      shortcut: [{ type: 'conv2d', filters: 3, kernel: [1, 1], strides: [2, 2] }],
      activation: 'tanh',
    },
  ],
  'branches within branches': [
    {
      type: 'branches',
      merge: 'concat',
      branches: [
        [],
        [conv(2)],
        [
          { type: 'averagepool2d', size: [3, 3], strides: [1, 1], padding: 'same' },
          { type: 'branches', merge: 'add', branches: [[conv(3)], [conv(3)]] },
        ],
      ],
    },
  ],
};

describe('gradient of', () => {
  it.each(Object.entries(blocks))('%s', async (_name, layers) => {
    await checkGradient(layerCase(layers));
  });

  it('a kernel with L2 decay grows by 2 λ w, and nothing else changes', async () => {
    const run = async (l2?: number) => {
      const layer: LayerSpec = { type: 'conv2d', filters: 3, kernel: [3, 3], ...(l2 && { l2 }) };
      const step = buildTrainStep({
        spec: specOf([layer]),
        classes: 3,
        batch: BATCH,
        exposeGradient: true,
      });
      const { trainable } = step.layout;
      const weights = initialValues(trainable, 1);
      const program = await compile(step.graph);
      const results = await program.run({
        image: {
          dtype: 'uint8',
          dims: [BATCH, HEIGHT, WIDTH, 3],
          data: Uint8Array.from({ length: BATCH * HEIGHT * WIDTH * 3 }, (_, i) => (i * 37) % 256),
        },
        target: targetsOf(Int32Array.of(2, 0), 3),
        weights: { dtype: 'float32', dims: [weights.length], data: weights },
        rate: { dtype: 'float32', dims: [], data: Float32Array.of(0.1) },
      });
      await program.dispose();
      const gradient = new Map(unpack(trainable, results['gradient']!.data as Float32Array));
      return {
        loss: results['loss']!.data,
        gradient,
        weights: new Map(unpack(trainable, weights)),
      };
    };
    const plain = await run();
    const decayed = await run(0.05);
    expect(decayed.loss).toEqual(plain.loss);
    for (const [name, { data }] of decayed.gradient) {
      const before = plain.gradient.get(name)!.data;
      const w = plain.weights.get(name)!.data;
      const expected = before.map((g, i) => g + (name === 'conv2d/kernel' ? 0.1 * w[i]! : 0));
      expectClose(data, expected, 1e-6, name);
    }
  });
});
