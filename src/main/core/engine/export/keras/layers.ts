/** Every type of layer as Keras layers. Names are the engine's own, so that weights are found again. */
import { backboneFormats } from '../converter.ts';
import type { InitializerName, PlainLayerSpec } from '#shared/model-spec.ts';
import { modelError } from '../../layers/errors.ts';
import type { ResolvedLayer } from '../../layers/resolve.ts';
import type { ParameterValues } from '../../programs/parameters.ts';
import { activate, rescale } from './activations.ts';
import type { KerasBuilder, KerasTensor, KerasWeight } from './graph.ts';
import {
  convolution,
  depthwiseConvolution,
  pool,
  withActivation,
  type Place,
  type SlidingSpec,
} from './sliding.ts';
import { convolutionKernel, depthwiseKernel, parameterOf, rowsByPixel, weight } from './weights.ts';

export interface LayerContext {
  b: KerasBuilder;
  layer: ResolvedLayer;
  parameters: ParameterValues;
  /** With the activation that the layer is to have: none on the last one where the loss has it. */
  place: Place;
  /** Whether what comes in is never below zero. */
  neverNegative: boolean;
  /** Of a dense layer: the image that was flattened before it, whose pixels come in another order. */
  flattened: readonly number[] | null;
  /** Of flatten: the dense layer behind it is made for Keras' order. */
  folded: boolean;
}

type Of<Type extends PlainLayerSpec['type']> = Extract<PlainLayerSpec, { type: Type }>;
type Make<Spec> = (context: LayerContext, spec: Spec, x: KerasTensor) => KerasTensor;

type Windowed = Pick<Of<'conv2d'>, 'kernel' | 'strides' | 'padding' | 'dilation'>;

function slidingOf({ kernel, strides, padding, dilation }: Windowed): SlidingSpec {
  return {
    kernel,
    strides: strides ?? [1, 1],
    padding: padding ?? 'valid',
    dilation: dilation ?? [1, 1],
  };
}

function biasOf({ layer, parameters }: LayerContext): KerasWeight | null {
  if ('bias' in layer.spec && layer.spec.bias === false) return null;
  return weight('bias', parameterOf(parameters, layer.name, 'bias'));
}

function own(context: LayerContext, name: string) {
  return parameterOf(context.parameters, context.layer.name, name);
}

function simple(
  { b, place }: LayerContext,
  className: string,
  config: Record<string, unknown>,
  x: KerasTensor,
  weights: readonly KerasWeight[] = [],
): KerasTensor {
  const { name, output, trainable } = place;
  const frozen = weights.length > 0 && !trainable ? { trainable } : {};
  return b.add({ name, className, config, inputs: [x], output, weights, ...frozen });
}

function pooling<Spec extends Of<'maxpool2d' | 'averagepool2d'>>(
  className: 'MaxPooling2D' | 'AveragePooling2D',
): Make<Spec> {
  return ({ place, neverNegative }, { size, strides, padding }, x) =>
    pool(
      place,
      className,
      x,
      slidingOf({ kernel: size, strides: strides ?? size, padding }),
      neverNegative,
    );
}

const batchNormalization: Make<Of<'batchnorm'>> = (context, spec, x) => {
  const { epsilon = 1e-3, momentum = 0.99, scale = true, center = true } = spec;
  const weights = context.layer.parameters.map(({ name }) => weight(name, own(context, name)));
  const config = { axis: -1, epsilon, momentum, scale, center };
  return simple(context, 'BatchNormalization', config, x, weights);
};

const normalization: Make<Of<'normalization'>> = (context, { mean, variance }, x) => {
  const channels = x.shape.at(-1) ?? 1;
  const each = (numbers: readonly number[]) =>
    Float32Array.from({ length: channels }, (_, at) => numbers[numbers.length === 1 ? 0 : at]!);
  if (context.b.dialect === 'keras') {
    const config = { axis: -1, mean: [...each(mean)], variance: [...each(variance)] };
    return simple(context, 'Normalization', config, x);
  }
  // A batch normalisation that keeps its averages is the same.
  const shape = [channels];
  const weights = [
    { name: 'moving_mean', shape, data: each(mean) },
    { name: 'moving_variance', shape, data: each(variance) },
  ];
  const config = { axis: -1, epsilon: 0, scale: false, center: false, trainable: false };
  return simple(context, 'BatchNormalization', config, x, weights);
};

const squeezeExcite: Make<Of<'squeezeexcite'>> = (context, spec, x) => {
  const { b, place, layer } = context;
  const { name } = place;
  const channels = x.shape[2] ?? 1;
  const dense = (step: string, from: KerasTensor, activation: Place['activation']) => {
    const kernel = own(context, `${step}_kernel`);
    const units = kernel.shape[1] ?? 1;
    const bias = weight('bias', own(context, `${step}_bias`));
    return withActivation(
      { ...place, name: `${name}_${step}`, output: [units], activation, training: {} },
      'Dense',
      { units },
      [from],
      [weight('kernel', kernel), bias],
    );
  };
  const means = b.add({
    name: `${name}_squeeze`,
    className: 'GlobalAveragePooling2D',
    inputs: [x],
    output: [channels],
  });
  const { activation = 'relu', gate = 'sigmoid' } = spec;
  const gates = dense('expand', dense('reduce', means, activation), gate);
  const shape = [1, 1, channels];
  const shaped = b.add({
    name: `${name}_gate`,
    className: 'Reshape',
    config: { target_shape: shape },
    inputs: [gates],
    output: shape,
  });
  return b.add({ name, className: 'Multiply', inputs: [x, shaped], output: layer.output });
};

/** The total table: a type of layer without an entry does not compile. */
const makes: { [Type in PlainLayerSpec['type']]: Make<Of<Type>> } = {
  conv2d: (c, spec, x) =>
    convolution(c.place, x, slidingOf(spec), own(c, 'kernel'), biasOf(c), spec.groups ?? 1),
  depthwiseconv2d: (c, spec, x) =>
    depthwiseConvolution(c.place, x, slidingOf(spec), own(c, 'kernel'), biasOf(c)),
  separableconv2d(c, spec, x) {
    const { b, place } = c;
    const [depthwise, pointwise] = [own(c, 'depthwise_kernel'), own(c, 'pointwise_kernel')];
    const sliding = slidingOf(spec);
    const { strides, dilation, padding } = sliding;
    const plain =
      typeof padding === 'string' &&
      strides[0] === strides[1] &&
      (strides[0] === 1 || dilation.every((step) => step === 1));
    if (!plain) {
      const between = [...c.layer.output.slice(0, 2), depthwise.shape[0] ?? 1];
      const name = `${place.name}_depthwise`;
      const inner: Place = { ...place, name, output: between, activation: 'linear' };
      const apart = depthwiseConvolution(inner, x, sliding, depthwise, null);
      const once = slidingOf({ kernel: [1, 1] });
      return convolution(place, apart, once, pointwise, biasOf(c), 1);
    }
    const bias = biasOf(c);
    const channels = x.shape[2] ?? 1;
    const config = {
      filters: spec.filters,
      kernel_size: spec.kernel,
      strides,
      padding,
      dilation_rate: dilation,
      depth_multiplier: (depthwise.shape[0] ?? 1) / channels,
      use_bias: bias !== null,
    };
    const weights = [
      depthwiseKernel(depthwise, channels, 'depthwise_kernel'),
      convolutionKernel(pointwise, 'pointwise_kernel'),
      ...(bias ? [bias] : []),
    ];
    return withActivation({ ...place, b }, 'SeparableConv2D', config, [x], weights);
  },
  conv2dtranspose(c, spec, x) {
    const bias = biasOf(c);
    const config = {
      filters: spec.filters,
      kernel_size: spec.kernel,
      strides: spec.strides ?? [1, 1],
      padding: spec.padding ?? 'valid',
      use_bias: bias !== null,
    };
    const weights = [convolutionKernel(own(c, 'kernel')), ...(bias ? [bias] : [])];
    return withActivation(c.place, 'Conv2DTranspose', config, [x], weights);
  },
  maxpool2d: pooling('MaxPooling2D'),
  averagepool2d: pooling('AveragePooling2D'),
  globalaveragepool2d: (c, _spec, x) => simple(c, 'GlobalAveragePooling2D', {}, x),
  globalmaxpool2d: (c, _spec, x) => simple(c, 'GlobalMaxPooling2D', {}, x),
  flatten(c, _spec, x) {
    const [height = 1, width = 1, channels = 1] = x.shape;
    const alike = c.folded || x.shape.length < 3 || channels === 1 || height * width === 1;
    if (alike) return simple(c, 'Flatten', {}, x);
    const output = [channels, height, width];
    const turned = c.b.add({
      name: `${c.place.name}_channels_first`,
      className: 'Permute',
      config: { dims: [3, 1, 2] },
      inputs: [x],
      output,
    });
    return simple(c, 'Flatten', {}, turned);
  },
  dense(c, _spec, x) {
    const bias = biasOf(c);
    const kernel = own(c, 'kernel');
    const rows = c.flattened ? rowsByPixel(kernel, c.flattened) : kernel;
    const config = { units: kernel.shape[1], use_bias: bias !== null };
    return withActivation(
      c.place,
      'Dense',
      config,
      [x],
      [weight('kernel', rows), ...(bias ? [bias] : [])],
    );
  },
  dropout: (c, { rate }, x) => simple(c, 'Dropout', { rate }, x),
  spatialdropout2d(c, { rate }, x) {
    if (c.b.dialect === 'keras') return simple(c, 'SpatialDropout2D', { rate }, x);
    const noise_shape = [null, 1, 1, x.shape[2] ?? 1];
    return simple(c, 'Dropout', { rate, noise_shape }, x);
  },
  batchnorm: batchNormalization,
  layernorm(c, { epsilon = 1e-3 }, x) {
    const weights = ['gamma', 'beta'].map((name) => weight(name, own(c, name)));
    return simple(c, 'LayerNormalization', { axis: -1, epsilon }, x, weights);
  },
  activation: ({ b, place }, _spec, x) => activate(b, place.name, place.activation, x),
  leakyrelu({ b, place }, { slope = 0.3 }, x) {
    const config = b.dialect === 'keras' ? { negative_slope: slope } : { alpha: slope };
    return b.add({
      name: place.name,
      className: 'LeakyReLU',
      config,
      inputs: [x],
      output: x.shape,
    });
  },
  zeropadding2d: (c, { padding }, x) => simple(c, 'ZeroPadding2D', { padding }, x),
  upsampling2d(c, { size, interpolation = 'nearest' }, x) {
    if (interpolation === 'bilinear' && c.b.dialect === 'tfjs') {
      throw modelError(
        c.place.name,
        `${c.place.name}: TensorFlow.js up-samples between pixels in another way.`,
        'Export to ONNX or Keras, or use nearest.',
      );
    }
    return simple(c, 'UpSampling2D', { size, interpolation }, x);
  },
  rescaling: ({ b, place }, { scale, offset = 0 }, x) => rescale(b, place.name, x, scale, offset),
  normalization,
  squeezeexcite: squeezeExcite,
  backbone({ place: { name } }) {
    throw modelError(
      name,
      `${name}: a pretrained network has no Keras layers to be written as.`,
      backboneFormats,
    );
  },
};

export function makeLayer(
  context: LayerContext,
  spec: PlainLayerSpec,
  x: KerasTensor,
): KerasTensor {
  const make = makes[spec.type] as Make<PlainLayerSpec>;
  return make(context, spec, x);
}

const initializers: Partial<Record<InitializerName, string>> = {
  lecunNormal: 'LecunNormal',
  lecunUniform: 'LecunUniform',
};

/** What only matters to training; the names that layers give to their kernels' settings. */
export function trainingSettings(b: KerasBuilder, spec: PlainLayerSpec): Record<string, unknown> {
  if (
    b.dialect === 'tfjs' ||
    !('kernelInitializer' in spec || 'biasInitializer' in spec || 'l2' in spec)
  )
    return {};
  const kernels: Partial<Record<PlainLayerSpec['type'], string[]>> = {
    depthwiseconv2d: ['depthwise'],
    separableconv2d: ['depthwise', 'pointwise'],
  };
  const prefixes = kernels[spec.type] ?? ['kernel'];
  const named = (name: InitializerName) => {
    const className = initializers[name] ?? `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    return {
      module: 'keras.initializers',
      class_name: className,
      config: {},
      registered_name: null,
    };
  };
  const settings: Record<string, unknown> = {};
  for (const prefix of prefixes) {
    if (spec.kernelInitializer) settings[`${prefix}_initializer`] = named(spec.kernelInitializer);
    if (spec.l2) {
      const config = { l2: spec.l2 };
      settings[`${prefix}_regularizer`] = {
        module: 'keras.regularizers',
        class_name: 'L2',
        config,
        registered_name: null,
      };
    }
  }
  if (spec.biasInitializer) settings['bias_initializer'] = named(spec.biasInitializer);
  return settings;
}
