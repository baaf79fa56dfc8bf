/** Convolutions, pools and resizing: all that slides over an image. */
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { channelBlock } from '#core/engine/backends/channel-block.ts';
import {
  blockedLowerings,
  inputLoweringNames,
  weightLoweringNames,
  type Lowerings,
} from '#core/engine/ops/lowerings.ts';
import { cpu, distinctTensor, randomTensor } from '../harness.ts';
import { pair, polynomial, property, seed, shape, small, type Properties } from './property.ts';

const block = await channelBlock(cpu);

type Pair = [number, number];
type Pads = [number, number, number, number];

interface Geometry {
  kernel: Pair;
  strides: Pair;
  dilations: Pair;
  pads: Pads;
}

const pads = (most: number): fc.Arbitrary<Pads> =>
  fc.tuple(small(most, 0), small(most, 0), small(most, 0), small(most, 0));

const convolutions = fc
  .record({
    batch: small(3),
    // 1, or as many as divide both: channels and filters are multiplied by it.
    groups: fc.constantFrom(1, 1, 2, 3),
    // Whole blocks too, for lowerings that want them.
    channels: fc.constantFrom(1, 2, 3, block),
    filters: fc.constantFrom(1, 2, 3, block),
    size: pair(8, 3),
    kernel: pair(3),
    strides: pair(3),
    dilations: pair(2),
    pads: pads(2),
    bias: fc.boolean(),
    seed,
  })
  .filter(({ size, kernel, dilations }) =>
    size.every((length, axis) => reach({ kernel, dilations }, axis) <= length),
  );
type Convolution = typeof convolutions extends fc.Arbitrary<infer T> ? T : never;

/** Pixels between the first and the last one that a kernel sees, both counted. */
function reach(
  { kernel, dilations }: Pick<Geometry, 'kernel' | 'dilations'>,
  axis: number,
): number {
  return ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
}

const toNhwc = (x: tf.Tensor) => tf.transpose<tf.Tensor4D>(x as tf.Tensor4D, [0, 2, 3, 1]);
const toNchw = (x: tf.Tensor) => tf.transpose(x, [0, 3, 1, 2]);

/** [h, w, in, out] with zeros between its taps: TensorFlow.js has no gradient for dilation. */
function spread(kernel: tf.Tensor, { dilations: [down, across] }: Geometry): tf.Tensor4D {
  const [height = 1, width = 1, inside = 1, outside = 1] = kernel.shape;
  const apart = tf.reshape(kernel, [height, 1, width, 1, inside * outside]);
  const padded = tf.pad(apart, [
    [0, 0],
    [0, down - 1],
    [0, 0],
    [0, across - 1],
    [0, 0],
  ]);
  const whole = tf.reshape<tf.Rank.R4>(padded, [height * down, width * across, inside, outside]);
  return tf.slice4d(
    whole,
    [0, 0, 0, 0],
    [(height - 1) * down + 1, (width - 1) * across + 1, inside, outside],
  );
}

/** Of NHWC, by rows and columns on each side. */
function bordered(x: tf.Tensor4D, [top, left, bottom, right]: Pads, value = 0): tf.Tensor4D {
  return tf.pad4d(
    x,
    [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ],
    value,
  );
}

function grouped(
  groups: number,
  x: tf.Tensor4D,
  w: tf.Tensor,
  each: (x: tf.Tensor4D, w: tf.Tensor) => tf.Tensor4D,
): tf.Tensor {
  // TensorFlow.js has no gradient for a split into one.
  if (groups === 1) return toNchw(each(x, w));
  const kernels = tf.split(w, groups, 0);
  const parts = tf
    .split<tf.Tensor4D>(x, groups, 3)
    .map((part, index) => each(part, kernels[index]!));
  return toNchw(tf.concat(parts, 3));
}

const withBias = (y: tf.Tensor, bias: tf.Tensor | undefined) =>
  bias ? tf.add(y, tf.reshape(bias, [1, -1, 1, 1])) : y;

function attributesOf(s: Convolution) {
  const { strides, dilations, pads } = s;
  return { kernel_shape: s.kernel, strides, dilations, pads, group: s.groups };
}

/** [N, C, H, W], a kernel, and a bias or none. */
function operands(s: Convolution, kernel: [number, number], biases: number) {
  return {
    x: randomTensor([s.batch, s.groups * s.channels, ...s.size], { seed: s.seed }),
    w: randomTensor([...kernel, ...s.kernel], { seed: s.seed + 1 }),
    ...(s.bias && { bias: randomTensor([biases], { seed: s.seed + 2 }) }),
  };
}

/** Size of a transposed convolution's output. */
function enlarged({ size, strides, pads, ...s }: Convolution, extra: Pair): Pair {
  const along = (axis: 0 | 1) =>
    strides[axis] * (size[axis] - 1) +
    reach(s, axis) -
    pads[axis] -
    pads[axis === 0 ? 2 : 3] +
    extra[axis];
  return [along(0), along(1)];
}

const transposed = fc
  .record({ s: convolutions, extra: pair(2, 0) })
  .filter(({ s, extra }) =>
    enlarged(s, extra).every((size, axis) => size >= 1 && extra[axis]! < s.strides[axis]!),
  );

const weightLowerings = Object.fromEntries(
  weightLoweringNames.map((name) => [`weights: ${name}`, { convWeight: () => name }]),
);

/** One after the other, the others as they are by default. */
const convLowerings: Record<string, Partial<Lowerings>> = {
  ...weightLowerings,
  'weights: im2col-gemm, images one by one': { convWeight: () => 'im2col-gemm', windowBytes: 1 },
  ...Object.fromEntries(
    inputLoweringNames.map((name) => [`inputs: ${name}`, { convInput: () => name }]),
  ),
  'in blocks': blockedLowerings(block),
};

const pools = fc
  .record({
    dims: fc.tuple(small(3), small(4), small(8, 3), small(8, 3)),
    kernel: pair(3),
    strides: pair(3),
    pads: pads(1),
    seed,
  })
  // A window of nothing but padding has neither mean nor maximum.
  .filter(({ kernel, pads }) => pads.every((padding, side) => padding < kernel[side % 2]!));
type Pool = typeof pools extends fc.Arbitrary<infer T> ? T : never;

const poolAttributes = ({ kernel, strides, pads }: Pool) => ({
  kernel_shape: kernel,
  strides,
  pads,
});

/** Lower than any number of a case. */
const LOW = -1e6;

/** Side by side, two by two, without a border: what most networks pool by. */
const halves: fc.Arbitrary<Pool> = pools.map((pool) => ({
  ...pool,
  kernel: [2, 2],
  strides: [2, 2],
  pads: [0, 0, 0, 0],
}));
const blocks: fc.Arbitrary<Pool> = halves.map(({ dims: [batch, , ...size], ...pool }) => ({
  ...pool,
  dims: [batch, block, ...size],
}));

export const windows: Properties = {
  Conv: property(
    convolutions,
    (s) => ({
      inputs: operands(s, [s.groups * s.filters, s.channels], s.groups * s.filters),
      build: (b, { x, w, bias }) => b.op('Conv', [x!, w!, bias ?? null], attributesOf(s)),
      oracle: ({ x, w, bias }) =>
        withBias(
          grouped(s.groups, bordered(toNhwc(x!), s.pads), w!, (part, kernel) =>
            tf.conv2d(part, spread(tf.transpose(kernel, [2, 3, 1, 0]), s), s.strides, 'valid'),
          ),
          bias,
        ),
      ...polynomial,
    }),
    { lowerings: convLowerings, runs: 40 },
  ),
  ConvTranspose: property(
    transposed,
    ({ s, extra }) => ({
      inputs: operands(s, [s.groups * s.channels, s.filters], s.groups * s.filters),
      build: (b, { x, w, bias }) =>
        b.op('ConvTranspose', [x!, w!, bias ?? null], {
          ...attributesOf(s),
          output_padding: extra,
        }),
      oracle({ x, w, bias }) {
        const [top, left] = s.pads;
        const [height, width] = enlarged(s, extra);
        const whole = (axis: 0 | 1) => s.strides[axis] * (s.size[axis] - 1) + reach(s, axis);
        const y = grouped(s.groups, toNhwc(x!), w!, (part, kernel) => {
          const larger = tf.conv2dTranspose(
            part,
            spread(tf.transpose(kernel, [2, 3, 1, 0]), s),
            [s.batch, whole(0), whole(1), s.filters],
            s.strides,
            'valid',
          );
          // Rows and columns that no window reached are zero.
          const roomy = bordered(larger, [0, 0, extra[0], extra[1]]);
          return tf.slice4d(roomy, [0, top, left, 0], [s.batch, height, width, s.filters]);
        });
        return withBias(y, bias);
      },
      ...polynomial,
    }),
    { lowerings: weightLowerings, runs: 40 },
  ),
  MaxPool: property(
    fc.oneof(pools, halves, blocks),
    (pool) => ({
      // Whole numbers: no two are nearer than 1.
      inputs: { x: distinctTensor(pool.dims, { seed: pool.seed, gap: 1 }) },
      build: (b, { x }) => b.op('MaxPool', [x!], poolAttributes(pool)),
      oracle: ({ x }) =>
        toNchw(
          tf.maxPool(bordered(toNhwc(x!), pool.pads, LOW), pool.kernel, pool.strides, 'valid'),
        ),
      ...polynomial,
    }),
    {
      lowerings: {
        unpool: { maxPool: 'unpool' },
        compare: { maxPool: 'compare' },
        scatter: { maxPool: 'scatter' },
        windows: { maxPool: 'windows' },
        // With rows of channels where they do not fill blocks.
        'late, in blocks': blockedLowerings(block),
      },
      runs: 60,
    },
  ),
  AveragePool: property(pools, (pool) => ({
    inputs: { x: randomTensor(pool.dims, { seed: pool.seed }) },
    build: (b, { x }) => b.op('AveragePool', [x!], poolAttributes(pool)),
    oracle({ x }) {
      // Padding is not counted: the mean over the window, divided by the share that is image.
      const mean = (of: tf.Tensor4D) =>
        tf.avgPool(bordered(of, pool.pads), pool.kernel, pool.strides, 'valid');
      const image = toNhwc(x!);
      return toNchw(tf.div(mean(image), mean(tf.onesLike(image))));
    },
    ...polynomial,
  })),
  Resize: property(
    fc.record({
      dims: shape(4, 4, 5),
      sizes: pair(9),
      axes: fc.constantFrom([2, 3], [2], [3], [3, 2]),
      seed,
    }),
    // Without TensorFlow.js: its gradient of resizing loses some of the copies.
    ({ dims, sizes, axes, seed }) => ({
      inputs: { x: randomTensor(dims, { seed }) },
      build: (b, { x }) =>
        b.op('Resize', [x!, null, null, b.ints(sizes.slice(0, axes.length))], {
          mode: 'linear',
          coordinate_transformation_mode: 'half_pixel',
          axes,
        }),
      ...polynomial,
    }),
  ),
};
