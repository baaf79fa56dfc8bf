/** Where several numbers of a window are the largest, the first one gets the gradient. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LayerSpec, ModelSpec } from '#shared/model-spec.ts';
import { defaultLowerings, type Lowerings } from '#core/engine/ops/lowerings.ts';
import { initialValues } from '#core/engine/programs/parameters.ts';
import { buildTrainStep } from '#core/engine/programs/train-step.ts';
import type { TensorData } from '#core/engine/graph/types.ts';
import { Random } from '#core/engine/random.ts';
import { autodiffGradients, compile, expectClose, targetsOf } from './harness.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Small whole numbers: nearly every window has a tie. */
function ties(dims: readonly number[]): TensorData {
  const random = new Random('ties');
  const count = dims.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: count }, () => random.below(3));
  return { dtype: 'float32', dims, data };
}

describe('max pool with ties', () => {
  it.each(['unpool', 'compare', 'scatter', 'windows'] as const)(
    '%s agrees with TensorFlow.js',
    async (maxPool) => {
      const x = ties([2, 3, 7, 6]);
      const { gradients, weights } = await autodiffGradients({
        inputs: { x },
        build: (b, values) =>
          b.op('MaxPool', [values['x']!], { kernel_shape: [2, 2], strides: [2, 2] }),
        lowerings: { maxPool },
      });
      const nhwc = (tensor: TensorData) =>
        tf.transpose<tf.Tensor4D>(
          tf.tensor<tf.Rank.R4>(
            tensor.data as Float32Array,
            tensor.dims as [number, number, number, number],
          ),
          [0, 2, 3, 1],
        );
      const grad = tf.grad((input: tf.Tensor) =>
        tf.sum(tf.mul(tf.maxPool(input as tf.Tensor4D, 2, 2, 'valid'), nhwc(weights))),
      )(nhwc(x));
      expectClose(gradients['x']!, tf.transpose(grad, [0, 3, 1, 2]).dataSync(), 1e-6, maxPool);
    },
  );
});

describe('largest of all', () => {
  it('shares the gradient among equals, as TensorFlow.js', async () => {
    const x = { dtype: 'float32', dims: [2, 3], data: Float32Array.of(1, 3, 3, 2, 0, -1) } as const;
    const { gradients, weights } = await autodiffGradients({
      inputs: { x },
      build: (b, values) => b.op('ReduceMax', [values['x']!, b.ints([1])], { keepdims: 0 }),
    });
    const [first = 0, second = 0] = weights.data as Float32Array;
    expectClose(gradients['x']!, [0, first / 2, first / 2, second, 0, 0], 1e-6, 'ReduceMax');
  });
});

describe('convolution and pool in phases', () => {
  const conv = (changes: Partial<Extract<LayerSpec, { type: 'conv2d' }>>): LayerSpec => ({
    type: 'conv2d',
    filters: 5,
    kernel: [3, 3],
    activation: 'relu',
    ...changes,
  });
  const pool = (width: number, height = width): LayerSpec => ({
    type: 'maxpool2d',
    size: [height, width],
  });
  const cases: [string, LayerSpec[]][] = [
    ['valid', [conv({}), pool(2)]],
    ['same', [conv({ padding: 'same', kernel: [5, 4] }), pool(2)]],
    ['strided', [conv({ strides: [2, 1] }), pool(2, 1)]],
    ['without bias', [conv({ bias: false, activation: 'linear' }), pool(2)]],
    ['twice', [conv({}), pool(2), conv({ kernel: [2, 2] }), pool(1, 3)]],
  ];

  it.each(cases)('gives the loss and gradient of the two layers (%s)', async (_name, layers) => {
    const spec: ModelSpec = {
      name: 'phases',
      input: { height: 14, width: 13, channels: 3 },
      layers: [
        ...layers,
        { type: 'flatten' },
        { type: 'dense', units: 'classes', activation: 'softmax' },
      ],
      loss: 'crossentropy',
      optimizer: { type: 'sgd' },
    };
    const random = new Random('phases');
    const run = async (convPool: ReturnType<Lowerings['convPool']>) => {
      const lowerings = { ...defaultLowerings, convPool: () => convPool };
      const step = buildTrainStep({ spec, classes: 4, batch: 3, lowerings, exposeGradient: true });
      const weights = initialValues(step.layout.trainable, 1);
      const program = await compile(step.graph);
      const results = await program.run({
        image: { dtype: 'uint8', dims: [3, 14, 13, 3], data: pixels },
        target: targetsOf(Int32Array.of(0, 3, 1), 4),
        weights: { dtype: 'float32', dims: [weights.length], data: weights },
        rate: { dtype: 'float32', dims: [], data: Float32Array.of(0.1) },
      });
      await program.dispose();
      const pools = step.graph.nodes.filter(({ op }) => op === 'MaxPool').length;
      return { loss: results['loss']!.data, gradient: results['gradient']!.data, pools };
    };
    const pixels = Uint8Array.from({ length: 3 * 14 * 13 * 3 }, () => random.below(256));
    const plain = await run('pool');
    const phases = await run('phases');
    expect(plain.pools).toBeGreaterThan(0);
    expect(phases.pools).toBe(0);
    expectClose(phases.loss as Float32Array, plain.loss as Float32Array, 1e-6, 'loss');
    expectClose(phases.gradient as Float32Array, plain.gradient as Float32Array, 1e-5, 'gradient');
  });
});
