/** The layers of a model spec, with Keras' meanings and defaults. */
import * as z from 'zod';
import { preprocessing } from './preprocessing.ts';

export const size = z.number().int().min(1).max(4096);
const pair = z.tuple([size, size]);
const pads = z.number().int().min(0).max(4096);
/** 'same' as in TensorFlow (the odd pixel last), or [height, width] on both sides as in PyTorch. */
const padding = z.union([z.enum(['valid', 'same']), z.tuple([pads, pads])]);
export type Padding = z.infer<typeof padding>;

/** Keras' names and numbers: leaky_relu has slope 0.2, elu α = 1, gelu is exact. */
export const activation = z.enum([
  'linear',
  'relu',
  'relu6',
  'leaky_relu',
  'elu',
  'gelu',
  'silu',
  'hard_sigmoid',
  'hard_swish',
  'sigmoid',
  'tanh',
  'softmax',
]);
export type Activation = z.infer<typeof activation>;

/** Keras' initialisers in camel case; all drawn from the run's seed. */
export const initializerName = z.enum([
  'zeros',
  'ones',
  'glorotUniform',
  'glorotNormal',
  'heUniform',
  'heNormal',
  'lecunUniform',
  'lecunNormal',
  'randomUniform',
  'randomNormal',
  'truncatedNormal',
]);
export type InitializerName = z.infer<typeof initializerName>;

const common = {
  name: z.string().min(1).max(100).optional(),
  /**
   * false: keeps its weights as they are. Of a block: all that is inside of it. A frozen batch
   * normalisation also keeps its moving averages and uses them in training, as in Keras.
   */
  trainable: z.boolean().optional(),
};

/** What layers with a kernel and a bias share. */
const weighted = {
  activation: activation.optional(),
  bias: z.boolean().optional(),
  kernelInitializer: initializerName.optional(),
  biasInitializer: initializerName.optional(),
  /** Adds l2 · Σ kernel² to what is minimised, as Keras' L2 regulariser. */
  l2: z.number().min(0).max(10).optional(),
};

const convolution = {
  ...common,
  ...weighted,
  kernel: pair,
  strides: pair.optional(),
  padding: padding.optional(),
  dilation: pair.optional(),
};

const window = { ...common, size: pair, strides: pair.optional(), padding: padding.optional() };

const rate = z.number().min(0).lt(1);

/** What the learning rate is multiplied by: where a network begins to learn, and at its end. */
export const rateSpan = z.tuple([z.number().positive().max(100), z.number().positive().max(100)]);

const plainLayers = [
  z.strictObject({
    ...convolution,
    type: z.literal('conv2d'),
    filters: size,
    /** Channels and filters are divided among so many convolutions side by side. */
    groups: size.optional(),
  }),
  /** A convolution of each channel by itself. */
  z.strictObject({
    ...convolution,
    type: z.literal('depthwiseconv2d'),
    multiplier: size.optional(),
  }),
  /** A depthwise convolution, then a 1×1 convolution that mixes the channels. */
  z.strictObject({
    ...convolution,
    type: z.literal('separableconv2d'),
    filters: size,
    multiplier: size.optional(),
  }),
  /** The adjoint of a convolution: makes images larger. */
  z.strictObject({
    ...common,
    ...weighted,
    type: z.literal('conv2dtranspose'),
    filters: size,
    kernel: pair,
    strides: pair.optional(),
    padding: z.enum(['valid', 'same']).optional(),
  }),
  z.strictObject({ ...window, type: z.literal('maxpool2d') }),
  z.strictObject({ ...window, type: z.literal('averagepool2d') }),
  z.strictObject({ ...common, type: z.literal('globalaveragepool2d') }),
  z.strictObject({ ...common, type: z.literal('globalmaxpool2d') }),
  z.strictObject({ ...common, type: z.literal('flatten') }),
  z.strictObject({
    ...common,
    ...weighted,
    type: z.literal('dense'),
    /** 'classes': as many as the data has. */
    units: z.union([z.number().int().min(1).max(1_000_000), z.literal('classes')]),
  }),
  z.strictObject({ ...common, type: z.literal('dropout'), rate }),
  /** Drops whole channels. */
  z.strictObject({ ...common, type: z.literal('spatialdropout2d'), rate }),
  z.strictObject({
    ...common,
    type: z.literal('batchnorm'),
    /** Keras' defaults: 0.99 and 1e-3. */
    momentum: z.number().gt(0).lt(1).optional(),
    epsilon: z.number().positive().optional(),
    /** With γ (scale) and β (center) to learn; both unless said. */
    scale: z.boolean().optional(),
    center: z.boolean().optional(),
  }),
  /** Over the channels of each pixel, as Keras' default axis. */
  z.strictObject({
    ...common,
    type: z.literal('layernorm'),
    epsilon: z.number().positive().optional(),
  }),
  z.strictObject({ ...common, type: z.literal('activation'), activation }),
  /** leaky_relu with a slope of its own; Keras' default is 0.3. */
  z.strictObject({
    ...common,
    type: z.literal('leakyrelu'),
    slope: z.number().min(0).max(1).optional(),
  }),
  /** [[top, bottom], [left, right]] */
  z.strictObject({
    ...common,
    type: z.literal('zeropadding2d'),
    padding: z.tuple([z.tuple([pads, pads]), z.tuple([pads, pads])]),
  }),
  z.strictObject({
    ...common,
    type: z.literal('upsampling2d'),
    size: pair,
    /** 'nearest' (unless said) repeats rows and columns, 'bilinear' draws lines between them. */
    interpolation: z.enum(['nearest', 'bilinear']).optional(),
  }),
  /** x · scale + offset; pixels arrive as 0…1. */
  z.strictObject({
    ...common,
    type: z.literal('rescaling'),
    scale: z.number(),
    offset: z.number().optional(),
  }),
  /** (x − mean) / √variance, one number a channel or one for all; pixels arrive as 0…1. */
  z.strictObject({
    ...common,
    type: z.literal('normalization'),
    mean: z.array(z.number()).min(1),
    variance: z.array(z.number().positive()).min(1),
  }),
  /** Weighs each channel by a gate computed from all channels' means (Hu et al., 2018). */
  z.strictObject({
    ...common,
    type: z.literal('squeezeexcite'),
    /** Of channels to hidden units; 16 unless said. */
    ratio: size.optional(),
    activation: activation.optional(),
    gate: z.enum(['sigmoid', 'hard_sigmoid']).optional(),
  }),
] as const;

/** A pretrained network, from the pixels up to one of its values. Stands first in its model. */
const backbone = z.strictObject({
  ...common,
  type: z.literal('backbone'),
  /** SHA-256 of its file. */
  model: z.string().regex(/^[0-9a-f]{64}$/),
  /** Name of the value that it gives out. */
  cut: z.string().min(1).max(500),
  /** What learns: 'none' (unless said), 'all', or the node that gives this value and all that it feeds. */
  trainableFrom: z.string().min(1).max(500).optional(),
  /**
   * Batch normalisation that learns goes by each batch's own mean and variance in training, which its
   * running statistics follow; unless said, by the statistics of the file, which then stay.
   */
  batchStatistics: z.boolean().optional(),
  /** The network's own learning rates, rising from layer to layer; the model's unless said. */
  rates: rateSpan.optional(),
  /** The model's own input is the size. */
  preprocessing: preprocessing.omit({ height: true, width: true }),
});

export type BackboneSpec = z.infer<typeof backbone>;
export type PlainLayerSpec = z.infer<(typeof plainLayers)[number]> | BackboneSpec;

/** activation(body(x) + shortcut(x)); without a shortcut, x itself. */
export interface ResidualSpec {
  type: 'residual';
  name?: string | undefined;
  trainable?: boolean | undefined;
  body: LayerSpec[];
  shortcut?: LayerSpec[] | undefined;
  activation?: Activation | undefined;
}

/** Parts side by side on the same input, joined; an empty part hands its input on. */
export interface BranchesSpec {
  type: 'branches';
  name?: string | undefined;
  trainable?: boolean | undefined;
  branches: LayerSpec[][];
  merge: 'concat' | 'add';
  activation?: Activation | undefined;
}

export type BlockSpec = ResidualSpec | BranchesSpec;
export type LayerSpec = PlainLayerSpec | BlockSpec;

const sequence = z.array(z.lazy((): z.ZodType<LayerSpec> => layerSpec)).max(1000);

const blocks = [
  z.strictObject({
    ...common,
    type: z.literal('residual'),
    body: sequence.min(1),
    shortcut: sequence.optional(),
    activation: activation.optional(),
  }),
  z.strictObject({
    ...common,
    type: z.literal('branches'),
    branches: z.array(sequence).min(2).max(100),
    merge: z.enum(['concat', 'add']),
    activation: activation.optional(),
  }),
] as const;

export const layerSpec: z.ZodType<LayerSpec> = z.discriminatedUnion('type', [
  ...plainLayers,
  backbone,
  ...blocks,
]);

export type LayerType = LayerSpec['type'];
/** Those that models are put together from, one by one. */
export type PartType = Exclude<LayerType, 'backbone'>;

/**
 * The settings of each layer type with their schemas, without the layers inside blocks. Pretrained
 * networks are chosen as a whole, and are not among them.
 */
export const layerSettings: ReadonlyMap<PartType, Readonly<Record<string, z.ZodType>>> = new Map(
  [...plainLayers, ...blocks].map(({ shape }) => {
    const inner = new Set(['type', 'body', 'shortcut', 'branches']);
    const settings = Object.entries<z.ZodType>(shape).filter(([key]) => !inner.has(key));
    return [shape.type.value, Object.fromEntries(settings)];
  }),
);
