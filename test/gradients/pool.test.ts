/** Average and global pools, over random shapes and against TensorFlow.js. */
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import { autodiffGradients, checkGradient, expectClose, randomTensor } from './harness.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const small = (most: number, least = 1) => fc.integer({ min: least, max: most });

describe('average pool', () => {
  it('has the gradient of central differences for random windows', async () => {
    const windows = fc.record({
      dims: fc.tuple(small(2), small(3), small(7, 3), small(7, 3)),
      kernel_shape: fc.tuple(small(3, 2), small(3, 2)),
      strides: fc.tuple(small(3), small(3)),
      // Less than the kernel: a window of nothing but padding has no mean.
      pads: fc.tuple(small(1, 0), small(1, 0), small(1, 0), small(1, 0)),
    });
    await fc.assert(
      fc.asyncProperty(windows, ({ dims, ...attributes }) =>
        checkGradient({
          inputs: { x: randomTensor(dims) },
          build: (b, { x }) => b.op('AveragePool', [x!], attributes),
        }),
      ),
      { numRuns: 15, seed: 11 },
    );
  });

  // Its gradient for 'same' padding divides by the whole window, unlike its own forward pass.
  it("agrees with TensorFlow.js for 'valid' padding", async () => {
    const x = randomTensor([2, 3, 5, 6]);
    const { gradients, weights } = await autodiffGradients({
      inputs: { x },
      build: (b, values) =>
        b.op('AveragePool', [values['x']!], { kernel_shape: [3, 3], strides: [2, 2] }),
    });
    const given = (dims: readonly number[], data: Float32Array) =>
      tf.tensor<tf.Rank.R4>(data, dims as [number, number, number, number]);
    const output = given(weights.dims, weights.data as Float32Array);
    const grad = tf.grad((input: tf.Tensor) => {
      const pooled = tf.avgPool(tf.transpose(input as tf.Tensor4D, [0, 2, 3, 1]), 3, 2, 'valid');
      return tf.sum(tf.mul(tf.transpose(pooled, [0, 3, 1, 2]), output));
    })(given(x.dims, x.data as Float32Array));
    expectClose(gradients['x']!, grad.dataSync(), 1e-5, 'average pool');
  });
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
