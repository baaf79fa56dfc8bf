/**
 * Every layer with TensorFlow's operations. Images are NHWC here; parameters have the engine's own
 * names and layouts, and are turned where an operation wants another one, so that checkpoints are
 * the same as any other backend's.
 */
import { AppError } from '#shared/errors.ts';
import type { PlainLayerSpec } from '#shared/model-spec.ts';
import type { ResolvedLayer } from '../../layers/resolve.ts';
import { activate } from './activations.ts';
import type { Tensor, Tensor4D, Tf } from './tf.ts';
import { averagePool, convolve, convolveDepthwise, globalMaxPool, maxPool } from './windows.ts';

export interface TfContext {
  tf: Tf;
  layer: ResolvedLayer;
  training: boolean;
  /** The layer's parameter called `name`. */
  parameter(name: string): Tensor;
  /** Training only: 1 where a number is kept; float32 of `shape`, which is in NCHW order. */
  keepMask(shape: readonly number[], rate: number): Tensor;
  /** Training only: the statistic's value after this step. */
  updateStatistic(name: string, value: Tensor): void;
}

type Build<Spec> = (context: TfContext, spec: Spec, x: Tensor) => Tensor;
type Of<Type extends PlainLayerSpec['type']> = Extract<PlainLayerSpec, { type: Type }>;

function plusBias(
  { tf, parameter }: TfContext,
  { bias }: { bias?: boolean | undefined },
  x: Tensor,
) {
  return bias === false ? x : tf.add(x, parameter('bias'));
}

/** NCHW → NHWC; flat tensors as they are. */
function channelsLast(tf: Tf, x: Tensor): Tensor {
  return x.shape.length === 4 ? tf.transpose(x, [0, 2, 3, 1]) : x;
}

function drop(context: TfContext, x: Tensor, rate: number, whole: boolean): Tensor {
  const { tf, training, keepMask } = context;
  if (!training || rate === 0) return x;
  const [batch = 0, height = 1, width = 1, channels = 1] = x.shape;
  const shape =
    x.shape.length === 4 ? [batch, channels, whole ? 1 : height, whole ? 1 : width] : [...x.shape];
  return tf.mul(x, tf.mul(channelsLast(tf, keepMask(shape, rate)), 1 / (1 - rate)));
}

/** All axes but the channels'. */
function axesOf(x: Tensor): number[] {
  return x.shape.length === 4 ? [0, 1, 2] : [0];
}

/** (x − μ) / √(σ² + ε), with σ² the mean of squares. */
function standardized(tf: Tf, x: Tensor, axes: number[], epsilon: number) {
  const mean = tf.mean(x, axes, true);
  const centred = tf.sub(x, mean);
  const variance = tf.mean(tf.square(centred), axes, true);
  return { mean, variance, value: tf.div(centred, tf.sqrt(tf.add(variance, epsilon))) };
}

const batchNormalization: Build<Of<'batchnorm'>> = (context, spec, x) => {
  const { tf, training, parameter, updateStatistic } = context;
  const { scale = true, center = true, epsilon = 1e-3, momentum = 0.99 } = spec;
  const learned = (value: Tensor): Tensor => {
    const scaled = scale ? tf.mul(value, parameter('gamma')) : value;
    return center ? tf.add(scaled, parameter('beta')) : scaled;
  };
  if (!training || context.layer.place.frozen) {
    const deviation = tf.sqrt(tf.add(parameter('moving_variance'), epsilon));
    return learned(tf.div(tf.sub(x, parameter('moving_mean')), deviation));
  }
  const { mean, variance, value } = standardized(tf, x, axesOf(x), epsilon);
  for (const [name, now] of [
    ['moving_mean', mean],
    ['moving_variance', variance],
  ] as const) {
    const before = parameter(name);
    const blended = tf.add(
      tf.mul(before, momentum),
      tf.mul(tf.reshape(now, before.shape), 1 - momentum),
    );
    updateStatistic(name, blended);
  }
  return learned(value);
};

const squeezeExcite: Build<Of<'squeezeexcite'>> = ({ tf, parameter }, spec, x) => {
  const gemm = (input: Tensor, name: string): Tensor =>
    tf.add(tf.matMul(input, parameter(`${name}_kernel`)), parameter(`${name}_bias`));
  const hidden = activate(tf, spec.activation ?? 'relu', gemm(tf.mean(x, [1, 2]), 'reduce'));
  const gate = activate(tf, spec.gate ?? 'sigmoid', gemm(hidden, 'expand'));
  const [batch = 0, channels = 0] = gate.shape;
  return tf.mul(x, tf.reshape(gate, [batch, 1, 1, channels]));
};

/** The total table: a layer type without an entry does not compile. */
const builds: { [Type in PlainLayerSpec['type']]: Build<Of<Type>> } = {
  conv2d: (c, spec, x) =>
    plusBias(c, spec, convolve(c.tf, x, c.parameter('kernel'), spec, spec.groups)),
  depthwiseconv2d: (c, spec, x) =>
    plusBias(c, spec, convolveDepthwise(c.tf, x, c.parameter('kernel'), spec)),
  separableconv2d(c, spec, x) {
    const spread = convolveDepthwise(c.tf, x, c.parameter('depthwise_kernel'), spec);
    return plusBias(c, spec, convolve(c.tf, spread, c.parameter('pointwise_kernel'), {}));
  },
  conv2dtranspose(c, spec, x) {
    const { tf, layer } = c;
    const [height = 1, width = 1, channels = 1] = layer.output;
    const [vertical, horizontal] = spec.strides ?? [1, 1];
    const kernel = tf.transpose(c.parameter('kernel'), [2, 3, 1, 0]);
    const larger = tf.conv2dTranspose(
      x as Tensor4D,
      kernel as Tensor4D,
      [x.shape[0], height, width, channels],
      [vertical, horizontal],
      spec.padding ?? 'valid',
    );
    return plusBias(c, spec, larger);
  },
  maxpool2d: ({ tf }, spec, x) => maxPool(tf, x, spec),
  averagepool2d: ({ tf }, spec, x) => averagePool(tf, x, spec),
  globalaveragepool2d: ({ tf }, _spec, x) => tf.mean(x, [1, 2]),
  globalmaxpool2d: ({ tf }, _spec, x) => globalMaxPool(tf, x),
  // Channel by channel, as the engine does; Keras flattens pixel by pixel.
  flatten: ({ tf }, _spec, x) =>
    tf.reshape(x.shape.length === 4 ? tf.transpose(x, [0, 3, 1, 2]) : x, [x.shape[0], -1]),
  dense: (c, spec, x) => plusBias(c, spec, c.tf.matMul(x, c.parameter('kernel'))),
  dropout: (c, { rate }, x) => drop(c, x, rate, false),
  spatialdropout2d: (c, { rate }, x) => drop(c, x, rate, true),
  batchnorm: batchNormalization,
  layernorm({ tf, parameter }, { epsilon = 1e-3 }, x) {
    const { value } = standardized(tf, x, [x.shape.length - 1], epsilon);
    return tf.add(tf.mul(value, parameter('gamma')), parameter('beta'));
  },
  activation: (_c, _spec, x) => x,
  leakyrelu: ({ tf }, { slope = 0.3 }, x) => tf.leakyRelu(x, slope),
  zeropadding2d: ({ tf }, { padding: [rows, columns] }, x) =>
    tf.pad(x, [[0, 0], rows, columns, [0, 0]]),
  // By broadcasting: the gradient of TensorFlow.js' own resizing loses some of the copies.
  upsampling2d({ tf, layer }, { size, interpolation }, x) {
    if (interpolation === 'bilinear') {
      throw new AppError('ENGINE_FAILED', `Not supported: ${layer.name}, up-sampling by lines.`);
    }
    const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
    const apart = tf.reshape(x, [batch * height, 1, width, 1, channels]);
    const copied = tf.mul(apart, tf.ones([1, size[0], 1, size[1], 1]));
    return tf.reshape(copied, [batch, ...layer.output]);
  },
  rescaling: ({ tf }, { scale, offset = 0 }, x) => tf.add(tf.mul(x, scale), offset),
  normalization({ tf }, { mean, variance }, x) {
    const scales = variance.map((each) => 1 / Math.sqrt(each));
    return tf.mul(tf.sub(x, tf.tensor1d(mean)), tf.tensor1d(scales));
  },
  backbone({ layer }) {
    throw new AppError('ENGINE_FAILED', `Not supported: ${layer.name}, a pretrained network.`);
  },
  squeezeexcite: squeezeExcite,
};

/** Without its activation. */
export function buildLayer(context: TfContext, spec: PlainLayerSpec, x: Tensor): Tensor {
  const build = builds[spec.type] as Build<PlainLayerSpec>;
  return build(context, spec, x);
}
