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

/** Longest allowed gradient, over all parameters together. */
const clipNorm = z.number().positive().optional();
/** How much of a running mean is kept from step to step. */
const share = z.number().min(0).lt(1).optional();
const epsilon = z.number().positive().max(1).optional();

export const optimizerSpec = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('sgd'),
    momentum: share,
    nesterov: z.boolean().optional(),
    clipNorm,
  }),
  z.strictObject({ type: z.literal('rmsprop'), rho: share, epsilon, clipNorm }),
  z.strictObject({ type: z.literal('adam'), beta1: share, beta2: share, epsilon, clipNorm }),
  z.strictObject({
    type: z.literal('adamw'),
    beta1: share,
    beta2: share,
    epsilon,
    /** Decoupled: each step also takes rate × this share off every weight; 0.004 as in Keras. */
    weightDecay: z.number().min(0).max(1).optional(),
    clipNorm,
  }),
]);
export type OptimizerSpec = z.infer<typeof optimizerSpec>;

export const modelSpec = z.strictObject({
  name: z.string().min(1).max(100),
  input: z.strictObject({
    height: size,
    width: size,
    channels: z.union([z.literal(1), z.literal(3)]),
  }),
  layers: z.array(layerSpec).min(1).max(1000),
  /**
   * 'crossentropy': softmax over one output a class. 'binary-crossentropy': one sigmoid a class, or
   * a single one for two classes.
   */
  loss: z.enum(['crossentropy', 'binary-crossentropy']),
  labelSmoothing: z.number().min(0).lt(1).optional(),
  /**
   * So many models side by side, trained on the same batches and averaged when they answer (an
   * ensemble): the last layer gives one output a class for each of them, one model after the other.
   */
  members: z.number().int().min(1).max(100).optional(),
  /** How much an image of each class counts in training; 'balanced': rare classes count more. */
  classWeights: z
    .union([z.literal('balanced'), z.array(z.number().min(0).max(1e6)).min(1)])
    .optional(),
  optimizer: optimizerSpec,
  /**
   * Whose way of counting parameters was used where the architecture was published: Keras (unless
   * said) counts the moving averages of batch normalisation, PyTorch does not.
   */
  counting: z.enum(['keras', 'pytorch']).optional(),
});
export type ModelSpec = z.infer<typeof modelSpec>;
