/** Convolutions and pools of TensorFlow.js with this engine's paddings and kernels. */
import type { Padding } from '#shared/model-spec.ts';
import { padsOf, reachOf, type Pair } from '../../layers/window.ts';
import type { Tensor, Tensor4D, Tf } from './tf.ts';

/** The least float32: what padding counts as in a maximum. */
const LOWEST = -3.4028234663852886e38;

interface Sliding {
  strides?: Pair | undefined;
  padding?: Padding | undefined;
  dilation?: Pair | undefined;
}

function sizeOf({ shape }: Tensor): Pair {
  return [shape[1] ?? 0, shape[2] ?? 0];
}

/** Height and width padded by [top, left, bottom, right], so that every window is whole. */
function padded(tf: Tf, x: Tensor, pads: readonly number[], value = 0): Tensor {
  if (pads.every((size) => size === 0)) return x;
  const [top = 0, left = 0, bottom = 0, right = 0] = pads;
  return tf.pad(
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

/** [kh, kw, …] with zeros between: TensorFlow.js has no gradient of dilated convolutions. */
function spread(tf: Tf, kernel: Tensor, dilation: Pair): Tensor {
  if (dilation.every((step) => step === 1)) return kernel;
  const [height = 0, width = 0, ...rest] = kernel.shape;
  const inner = rest.reduce((product, size) => product * size, 1);
  const apart = tf.reshape(kernel, [height, 1, width, 1, inner]);
  const none = [0, 0] as const;
  const between = tf.pad(apart, [
    [...none],
    [0, dilation[0] - 1],
    [...none],
    [0, dilation[1] - 1],
    [...none],
  ]);
  const whole = tf.reshape(between, [height * dilation[0], width * dilation[1], inner]);
  const reach = reachOf([height, width], dilation);
  return tf.reshape(tf.slice(whole, [0, 0, 0], [...reach, inner]), [...reach, ...rest]);
}

/**
 * @param x [N, H, W, C]
 * @param kernel as stored, [filters, C / groups, kh, kw]
 */
export function convolve(
  tf: Tf,
  x: Tensor,
  kernel: Tensor,
  { strides = [1, 1], padding = 'valid', dilation = [1, 1] }: Sliding,
  groups = 1,
): Tensor {
  const filter = spread(tf, tf.transpose(kernel, [2, 3, 1, 0]), dilation);
  const [height = 1, width = 1] = filter.shape;
  const whole = padded(tf, x, padsOf(padding, sizeOf(x), [height, width], strides));
  const one = (image: Tensor, weights: Tensor): Tensor =>
    tf.conv2d(image as Tensor4D, weights as Tensor4D, [...strides], 'valid');
  if (groups === 1) return one(whole, filter);
  const images = tf.split(whole, groups, 3);
  const filters = tf.split(filter, groups, 3);
  return tf.concat(
    images.flatMap((image, group) => {
      const weights = filters[group];
      return weights ? [one(image, weights)] : [];
    }),
    3,
  );
}

/** @param kernel as stored, [C · multiplier, 1, kh, kw] */
export function convolveDepthwise(
  tf: Tf,
  x: Tensor,
  kernel: Tensor,
  { strides = [1, 1], padding = 'valid', dilation = [1, 1] }: Sliding,
): Tensor {
  const channels = x.shape[3] ?? 1;
  const [all = 1, , height = 1, width = 1] = kernel.shape;
  const apart = tf.reshape(kernel, [channels, all / channels, height, width]);
  const filter = spread(tf, tf.transpose(apart, [2, 3, 0, 1]), dilation);
  const reach = reachOf([height, width], dilation);
  const whole = padded(tf, x, padsOf(padding, sizeOf(x), reach, strides));
  return tf.depthwiseConv2d(whole as Tensor4D, filter as Tensor4D, [...strides], 'valid');
}

interface Pooling {
  size: Pair;
  strides?: Pair | undefined;
  padding?: Padding | undefined;
}

export function maxPool(tf: Tf, x: Tensor, { size, strides = size, padding }: Pooling): Tensor {
  const pads = padsOf(padding ?? 'valid', sizeOf(x), size, strides);
  const whole = padded(tf, x, pads, LOWEST);
  return tf.maxPool(whole as Tensor4D, [...size], [...strides], 'valid');
}

/** Padding is not counted. */
export function averagePool(tf: Tf, x: Tensor, { size, strides = size, padding }: Pooling): Tensor {
  const pads = padsOf(padding ?? 'valid', sizeOf(x), size, strides);
  const pool = (image: Tensor): Tensor =>
    tf.avgPool(padded(tf, image, pads) as Tensor4D, [...size], [...strides], 'valid');
  if (pads.every((count) => count === 0)) return pool(x);
  const share = pool(tf.ones([1, ...sizeOf(x), 1]));
  return tf.div(pool(x), share);
}

/** The largest of each channel, [N, C]; equal ones share the gradient, as in Keras. */
export function globalMaxPool(tf: Tf, x: Tensor): Tensor {
  const shared = tf.customGrad((input, save) => {
    const image = input as Tensor;
    const largest = tf.max(image, [1, 2], true);
    (save as (tensors: Tensor[]) => void)([image, largest]);
    return {
      value: tf.squeeze(largest, [1, 2]),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [from, top] = saved;
        if (!from || !top) throw new RangeError('nothing was saved');
        const equal = tf.cast(tf.equal(from, top), 'float32');
        const [batch = 0, , , channels = 0] = from.shape;
        const share = tf.div(equal, tf.sum(equal, [1, 2], true));
        return tf.mul(share, tf.reshape(dy, [batch, 1, 1, channels]));
      },
    };
  });
  return shared(x);
}
