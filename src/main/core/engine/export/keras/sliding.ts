/** Kernels and pools that slide over an image, with the engine's paddings. */
import type { Activation, Padding } from '#shared/model-spec.ts';
import { padsOf, reachOf, type Pair } from '../../layers/window.ts';
import type { FloatTensor } from '../../checkpoint/safetensors.ts';
import { modelError } from '../../layers/errors.ts';
import { activate, activationName, rescale } from './activations.ts';
import type { KerasBuilder, KerasTensor, KerasWeight } from './graph.ts';
import { convolutionKernel, depthwiseKernel, spread, ungrouped } from './weights.ts';

export interface SlidingSpec {
  kernel: Pair;
  strides: Pair;
  padding: Padding;
  dilation: Pair;
}

/** What is the same for every call of one layer. */
export interface Place {
  b: KerasBuilder;
  name: string;
  /** Its output, [height, width, channels]. */
  output: readonly number[];
  trainable: boolean;
  activation: Activation;
  /** Settings that only matter to training: initialisers, regularisers. */
  training: Readonly<Record<string, unknown>>;
}

const sizeOf = ({ shape }: KerasTensor): Pair => [shape[0] ?? 1, shape[1] ?? 1];

/** `padding` of a layer, and the image that it is given, with zeros around it where it has to be. */
function padded(
  b: KerasBuilder,
  name: string,
  x: KerasTensor,
  { kernel, strides, padding, dilation }: SlidingSpec,
): { padding: 'valid' | 'same'; x: KerasTensor } {
  if (typeof padding === 'string') return { padding, x };
  const reach = reachOf(kernel, dilation);
  const size = sizeOf(x);
  if (padding.every((pad) => pad === 0)) return { padding: 'valid', x };
  const pads = padsOf(padding, size, reach, strides).join();
  if (pads === padsOf('same', size, reach, strides).join()) return { padding: 'same', x };
  const [down, right] = padding;
  const output = [size[0] + 2 * down, size[1] + 2 * right, x.shape[2] ?? 1];
  const config = { padding: [[down, down], [right, right]] }; // prettier-ignore
  const inputs = [x];
  const image = b.add({
    name: `${name}_padding`,
    className: 'ZeroPadding2D',
    config,
    inputs,
    output,
  });
  return { padding: 'valid', x: image };
}

/** The layer with its activation inside where it can have it, else behind it. */
export function withActivation(
  { b, name, output, trainable, activation, training }: Place,
  className: string,
  config: Record<string, unknown>,
  inputs: readonly KerasTensor[],
  weights: readonly KerasWeight[],
): KerasTensor {
  const own = activationName(b, activation);
  const x = b.add({
    name: own === null ? `${name}_linear` : name,
    className,
    config: { ...config, activation: own ?? 'linear', ...training },
    inputs,
    output,
    weights,
    trainable,
  });
  return own === null ? activate(b, name, activation, x) : x;
}

/** @param kernel [filters, channels / groups, height, width] */
export function convolution(
  place: Place,
  x: KerasTensor,
  spec: SlidingSpec,
  kernel: FloatTensor,
  bias: KerasWeight | null,
  groups: number,
): KerasTensor {
  const { b, name } = place;
  const image = padded(b, name, x, spec);
  // Keras does not take strides and dilation together; TensorFlow.js has no groups.
  const spreads = spec.strides.some((step) => step > 1) && spec.dilation.some((step) => step > 1);
  const apart = groups > 1 && b.dialect === 'tfjs';
  const wide = spreads ? spread(kernel, spec.dilation) : kernel;
  const whole = apart ? ungrouped(wide, groups) : wide;
  const config = {
    filters: kernel.shape[0],
    kernel_size: whole.shape.slice(2),
    strides: spec.strides,
    padding: image.padding,
    dilation_rate: spreads ? [1, 1] : spec.dilation,
    ...(apart || groups === 1 ? {} : { groups }),
    use_bias: bias !== null,
  };
  const weights = [convolutionKernel(whole), ...(bias ? [bias] : [])];
  return withActivation(place, 'Conv2D', config, [image.x], weights);
}

/** @param kernel [channels · multiplier, 1, height, width] */
export function depthwiseConvolution(
  place: Place,
  x: KerasTensor,
  spec: SlidingSpec,
  kernel: FloatTensor,
  bias: KerasWeight | null,
): KerasTensor {
  const channels = x.shape[2] ?? 1;
  const [down, right] = spec.strides;
  // TensorFlow's depthwise kernels take one stride for both axes, and none with dilation.
  const plain = down === right && (down === 1 || spec.dilation.every((step) => step === 1));
  if (!plain) return convolution(place, x, spec, kernel, bias, channels);
  const { b, name } = place;
  const image = padded(b, name, x, spec);
  const config = {
    kernel_size: spec.kernel,
    strides: spec.strides,
    padding: image.padding,
    dilation_rate: spec.dilation,
    depth_multiplier: (kernel.shape[0] ?? 1) / channels,
    use_bias: bias !== null,
  };
  const own = b.dialect === 'keras' ? 'kernel' : 'depthwise_kernel';
  const weights = [depthwiseKernel(kernel, channels, own), ...(bias ? [bias] : [])];
  return withActivation(place, 'DepthwiseConv2D', config, [image.x], weights);
}

/**
 * Pools do not see what is beyond the edge. Keras has that with 'same' only, so other paddings take
 * such a pool at every pixel, of which rows and columns are then left out.
 */
export function pool(
  place: Place,
  className: 'MaxPooling2D' | 'AveragePooling2D',
  x: KerasTensor,
  { kernel, strides, padding }: SlidingSpec,
  neverNegative: boolean,
): KerasTensor {
  const { b, name, output } = place;
  const spec = { kernel, strides, padding, dilation: [1, 1] as const };
  const config = (size: Pair, step: Pair, how: string) => ({
    pool_size: size,
    strides: step,
    padding: how,
  });
  const add = (as: string, from: KerasTensor, settings: object, shape: readonly number[]) =>
    b.add({ name: as, className, config: { ...settings }, inputs: [from], output: shape });
  // In a pool of numbers that are never negative zeros are no new maximum.
  const zeros = className === 'MaxPooling2D' && neverNegative;
  const uneven = typeof padding !== 'string' && padding.some((pad) => pad > 0);
  const size = sizeOf(x);
  const same = padsOf('same', size, kernel, strides).join();
  if (!uneven || zeros || padsOf(padding, size, kernel, strides).join() === same) {
    const image = padded(b, name, x, spec);
    return add(name, image.x, config(kernel, strides, image.padding), output);
  }
  const [top, left] = kernel.map((reach, axis) => Math.floor((reach - 1) / 2) - padding[axis]!);
  if (top === undefined || left === undefined || top < 0 || left < 0) {
    throw modelError(
      name,
      `${name}: Keras has no pool of ${kernel.join('×')} with a padding of ${padding.join('×')}.`,
      "Use 'same' padding, or export to ONNX.",
    );
  }
  const channels = x.shape[2] ?? 1;
  const every = add(`${name}_everywhere`, x, config(kernel, [1, 1], 'same'), x.shape);
  const [height, width] = [0, 1].map((axis) => ((output[axis] ?? 1) - 1) * strides[axis]! + 1);
  const [rows, columns] = [height ?? 1, width ?? 1];
  const cropping = [[top, size[0] - top - rows], [left, size[1] - left - columns]]; // prettier-ignore
  const cropped = b.add({
    name: `${name}_inside`,
    className: 'Cropping2D',
    config: { cropping },
    inputs: [every],
    output: [rows, columns, channels],
  });
  return add(name, cropped, config([1, 1], strides, 'valid'), output);
}

export { rescale };
