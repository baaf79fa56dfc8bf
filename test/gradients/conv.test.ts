/**
 * Convolution gradients: every lowering, over random shapes, strides, paddings, dilations and
 * groups, against central differences and against TensorFlow.js where it has the operator.
 */
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TensorData } from '#core/engine/graph/types.ts';
import {
  inputLoweringNames,
  weightLoweringNames,
  type ConvInputLowering,
  type ConvWeightLowering,
} from '#core/engine/ops/lowerings.ts';
import {
  autodiffGradients,
  checkGradient,
  expectClose,
  randomTensor,
  type GradientCase,
} from './harness.ts';

interface Shape {
  batch: number;
  /** 1, or as many as divide both: `channels` and `filters` are multiplied by it. */
  groups: number;
  channels: number;
  filters: number;
  height: number;
  width: number;
  kernel: [number, number];
  strides: [number, number];
  dilations: [number, number];
  pads: [number, number, number, number];
}

const small = (most: number, least = 1) => fc.integer({ min: least, max: most });
const shapes: fc.Arbitrary<Shape> = fc
  .record({
    batch: small(3),
    groups: fc.constantFrom(1, 1, 2, 3),
    channels: small(3),
    filters: small(3),
    height: small(8, 3),
    width: small(8, 3),
    kernel: fc.tuple(small(3), small(3)),
    strides: fc.tuple(small(3), small(3)),
    dilations: fc.tuple(small(2), small(2)),
    pads: fc.tuple(small(2, 0), small(2, 0), small(2, 0), small(2, 0)),
  })
  .filter(({ height, width, kernel, dilations }) => {
    const reach = (axis: 0 | 1) => (kernel[axis] - 1) * dilations[axis] + 1;
    return reach(0) <= height && reach(1) <= width;
  });

function convCase(s: Shape, convWeight: ConvWeightLowering): GradientCase {
  return {
    inputs: {
      x: randomTensor([s.batch, s.groups * s.channels, s.height, s.width]),
      w: randomTensor([s.groups * s.filters, s.channels, ...s.kernel], { seed: 2 }),
      bias: randomTensor([s.groups * s.filters], { seed: 3 }),
    },
    build: (b, { x, w, bias }) =>
      b.op('Conv', [x!, w!, bias!], {
        kernel_shape: s.kernel,
        strides: s.strides,
        dilations: s.dilations,
        pads: s.pads,
        group: s.groups,
      }),
    lowerings: { convWeight: () => convWeight },
  };
}

describe('convolution', () => {
  it('has the gradient of central differences for random shapes', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, (shape) => checkGradient(convCase(shape, 'batch-as-channels'))),
      { numRuns: 15, seed: 7 },
    );
  });

  it('has the same weight gradient in every lowering', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const { gradients: reference } = await autodiffGradients(
          convCase(shape, 'batch-as-channels'),
        );
        for (const name of weightLoweringNames) {
          const { gradients } = await autodiffGradients(convCase(shape, name));
          expectClose(gradients['w']!, reference['w']!, 1e-5, name);
        }
      }),
      { numRuns: 40, seed: 8 },
    );
  });

  it('has the same weight gradient when images are multiplied in groups', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const testCase = convCase(shape, 'im2col-gemm');
        const run = (windowBytes: number) =>
          autodiffGradients({
            ...testCase,
            lowerings: { ...testCase.lowerings, windowBytes },
          });
        const { gradients: whole } = await run(Infinity);
        const { gradients: grouped } = await run(1);
        expectClose(grouped['w']!, whole['w']!, 1e-5, 'in groups');
        expect((await run(1)).gradients['w']).toEqual(grouped['w']);
      }),
      { numRuns: 30, seed: 10 },
    );
  });

  it('has the same input gradient in every lowering', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const testCase = convCase(shape, 'im2col-gemm');
        const run = (name: ConvInputLowering) =>
          autodiffGradients({ ...testCase, lowerings: { convInput: () => name } });
        const { gradients: reference } = await run('conv-transpose');
        for (const name of inputLoweringNames) {
          const { gradients } = await run(name);
          expectClose(gradients['x']!, reference['x']!, 1e-5, name);
        }
      }),
      { numRuns: 40, seed: 9 },
    );
  });
});

describe('transposed convolution', () => {
  const transposed = (s: Shape, output_padding: [number, number]): GradientCase => ({
    inputs: {
      x: randomTensor([s.batch, s.groups * s.channels, s.height, s.width]),
      w: randomTensor([s.groups * s.channels, s.filters, ...s.kernel], { seed: 2 }),
      bias: randomTensor([s.groups * s.filters], { seed: 3 }),
    },
    build: (b, { x, w, bias }) =>
      b.op('ConvTranspose', [x!, w!, bias!], {
        kernel_shape: s.kernel,
        strides: s.strides,
        dilations: s.dilations,
        pads: s.pads,
        group: s.groups,
        output_padding,
      }),
  });

  it('has the gradient of central differences for random shapes', async () => {
    const cases = fc
      .tuple(shapes, fc.tuple(small(2, 0), small(2, 0)))
      .filter(([{ strides, height, width, pads, kernel, dilations }, extra]) =>
        ([0, 1] as const).every((axis) => {
          const size =
            strides[axis] * ((axis === 0 ? height : width) - 1) +
            (kernel[axis] - 1) * dilations[axis] +
            1 -
            pads[axis] -
            pads[axis === 0 ? 2 : 3];
          return extra[axis] < strides[axis] && size >= 1;
        }),
      );
    await fc.assert(
      fc.asyncProperty(cases, ([shape, extra]) => checkGradient(transposed(shape, extra))),
      { numRuns: 15, seed: 10 },
    );
  });
});

describe('against TensorFlow.js', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  const toTf = (tensor: TensorData) =>
    tf.tensor<tf.Rank.R4>(
      tensor.data as Float32Array,
      tensor.dims as [number, number, number, number],
    );
  const toNhwc = (x: tf.Tensor4D) => tf.transpose(x, [0, 2, 3, 1]);
  const toNchw = (x: tf.Tensor4D) => tf.transpose(x, [0, 3, 1, 2]);
  type Compute = (x: tf.Tensor4D, w: tf.Tensor4D) => tf.Tensor4D;

  /** `compute` takes and gives the engine's own layouts. */
  async function agree(testCase: GradientCase, compute: Compute) {
    const { gradients, weights } = await autodiffGradients(testCase);
    const [dx, dw] = tf.grads((x: tf.Tensor, w: tf.Tensor) =>
      tf.sum(tf.mul(compute(x as tf.Tensor4D, w as tf.Tensor4D), toTf(weights))),
    )([toTf(testCase.inputs['x']!), toTf(testCase.inputs['w']!)]);
    expectClose(gradients['x']!, dx!.dataSync(), 1e-4, 'dx');
    expectClose(gradients['w']!, dw!.dataSync(), 1e-4, 'dw');
  }

  it('has the same depthwise convolution', async () => {
    // With dilation its own gradient is missing.
    for (const stride of [1, 2]) {
      const testCase: GradientCase = {
        inputs: { x: randomTensor([2, 3, 7, 6]), w: randomTensor([6, 1, 3, 3], { seed: 2 }) },
        build: (b, { x, w }) =>
          b.op('Conv', [x!, w!], { kernel_shape: [3, 3], strides: [stride, stride], group: 3 }),
      };
      // TensorFlow's filter is [height, width, channels, multiplier].
      await agree(testCase, (x, w) => {
        const filter = tf.reshape<tf.Rank.R4>(tf.transpose(w, [2, 3, 0, 1]), [3, 3, 3, 2]);
        return toNchw(tf.depthwiseConv2d(toNhwc(x), filter, stride, 'valid'));
      });
    }
  });

  it('has the same transposed convolution', async () => {
    const testCase: GradientCase = {
      inputs: { x: randomTensor([2, 3, 4, 5]), w: randomTensor([3, 2, 3, 3], { seed: 2 }) },
      build: (b, { x, w }) =>
        b.op('ConvTranspose', [x!, w!], { kernel_shape: [3, 3], strides: [2, 2] }),
    };
    await agree(testCase, (x, w) =>
      toNchw(
        tf.conv2dTranspose(toNhwc(x), tf.transpose(w, [2, 3, 1, 0]), [2, 9, 11, 2], 2, 'valid'),
      ),
    );
  });
});
