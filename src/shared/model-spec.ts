/**
 * A model as its user writes it: a Keras-style list of layers and blocks of layers. Padding is 'valid', stride 1 and
 * bias on unless said; pooling strides equal the pool size. `engine/layers` turns it into a graph.
 */
import * as z from 'zod';
import { layerSpec, size } from './layer-spec.ts';

export type {
  Activation,
  BlockSpec,
  BranchesSpec,
  InitializerName,
  LayerSpec,
  Padding,
  PlainLayerSpec,
  ResidualSpec,
} from './layer-spec.ts';

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
