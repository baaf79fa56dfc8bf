/** Convolution gradients: every lowering, over random shapes, strides, paddings and dilations. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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
      x: randomTensor([s.batch, s.channels, s.height, s.width]),
      w: randomTensor([s.filters, s.channels, ...s.kernel], { seed: 2 }),
      bias: randomTensor([s.filters], { seed: 3 }),
    },
    build: (b, { x, w, bias }) =>
      b.op('Conv', [x!, w!, bias!], {
        kernel_shape: s.kernel,
        strides: s.strides,
        dilations: s.dilations,
        pads: s.pads,
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

  it('refuses a weight gradient that it does not have, by name', async () => {
    const grouped: GradientCase = {
      inputs: { x: randomTensor([1, 2, 4, 4]), w: randomTensor([2, 1, 3, 3], { seed: 2 }) },
      build: (b, { x, w }) => b.op('Conv', [x!, w!], { kernel_shape: [3, 3], group: 2 }),
    };
    await expect(autodiffGradients(grouped)).rejects.toThrow('Conv with groups');
    await checkGradient({ ...grouped, wrt: ['x'] });
  });
});
