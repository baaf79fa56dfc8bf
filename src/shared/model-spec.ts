/**
 * A model as its user writes it: a Keras-style list of layers. Padding is 'valid', stride 1 and
 * bias on unless said; pooling strides equal the pool size. `engine/layers` turns it into a graph.
 */
import * as z from 'zod';

const size = z.number().int().min(1).max(4096);
const pair = z.tuple([size, size]);
const padding = z.enum(['valid', 'same']);

export const activation = z.enum(['linear', 'relu', 'sigmoid', 'tanh', 'softmax']);
export type Activation = z.infer<typeof activation>;

const named = { name: z.string().min(1).max(100).optional() };

export const layerSpec = z.discriminatedUnion('type', [
  z.object({
    ...named,
    type: z.literal('conv2d'),
    filters: size,
    kernel: pair,
    strides: pair.optional(),
    padding: padding.optional(),
    activation: activation.optional(),
    bias: z.boolean().optional(),
  }),
  z.object({
    ...named,
    type: z.literal('maxpool2d'),
    size: pair,
    strides: pair.optional(),
    padding: padding.optional(),
  }),
  z.object({
    ...named,
    type: z.literal('averagepool2d'),
    size: pair,
    strides: pair.optional(),
    padding: padding.optional(),
  }),
  z.object({ ...named, type: z.literal('globalaveragepool2d') }),
  z.object({ ...named, type: z.literal('flatten') }),
  z.object({
    ...named,
    type: z.literal('dense'),
    /** 'classes': as many as the data has. */
    units: z.union([size.max(1_000_000), z.literal('classes')]),
    activation: activation.optional(),
    bias: z.boolean().optional(),
  }),
  z.object({ ...named, type: z.literal('dropout'), rate: z.number().min(0).lt(1) }),
  z.object({
    ...named,
    type: z.literal('batchnorm'),
    /** Keras' defaults: 0.99 and 1e-3. */
    momentum: z.number().gt(0).lt(1).optional(),
    epsilon: z.number().positive().optional(),
  }),
  z.object({ ...named, type: z.literal('activation'), activation }),
]);
export type LayerSpec = z.infer<typeof layerSpec>;

export const optimizerSpec = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('sgd'),
    momentum: z.number().min(0).lt(1).optional(),
    nesterov: z.boolean().optional(),
  }),
  z.object({
    type: z.literal('rmsprop'),
    rho: z.number().optional(),
    epsilon: z.number().optional(),
  }),
  z.object({
    type: z.enum(['adam', 'adamw']),
    beta1: z.number().optional(),
    beta2: z.number().optional(),
    epsilon: z.number().optional(),
    /** AdamW only: decoupled decay, default 0.004 as in Keras. */
    weightDecay: z.number().optional(),
  }),
]);
export type OptimizerSpec = z.infer<typeof optimizerSpec>;

export const modelSpec = z.object({
  name: z.string().min(1).max(100),
  input: z.object({
    height: size,
    width: size,
    channels: z.union([z.literal(1), z.literal(3)]),
  }),
  layers: z.array(layerSpec).min(1).max(1000),
  loss: z.enum(['crossentropy']),
  optimizer: optimizerSpec,
});
export type ModelSpec = z.infer<typeof modelSpec>;
