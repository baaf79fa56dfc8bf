/** Layers without parameters and windows: flatten, the dropouts, activations. */
import type { LayerSpec } from '#shared/model-spec.ts';
import { concrete, elements } from '../graph/shape.ts';
import type { Value } from '../graph/types.ts';
import { imageInput } from './errors.ts';
import type { BuildContext, LayerDef } from './types.ts';

type Spec<Type extends LayerSpec['type']> = Extract<LayerSpec, { type: Type }>;

/** In the engine's own order, channel by channel (NCHW): Keras flattens pixel by pixel. */
export const flatten: LayerDef<Spec<'flatten'>> = {
  className: 'Flatten',
  autoName: 'flatten',
  output: (_spec, place) => [elements(place.input)],
  parameters: () => [],
  build: ({ b }, _spec, x, place) => b.reshape(x, [0, elements(place.input)]),
  activation: () => 'linear',
};

/** Inverted: what is kept grows by 1 / (1 − rate) in training, nothing happens in inference. */
function drop(
  { b, training, keepMask }: BuildContext,
  x: Value,
  rate: number,
  shapeOf: (dims: readonly number[]) => number[],
): Value {
  if (!training || rate === 0) return x;
  const kept = keepMask(shapeOf(concrete(x.shape)), rate);
  return b.op('Mul', [x, b.op('Mul', [kept, b.scalar(1 / (1 - rate))])]);
}

export const dropout: LayerDef<Spec<'dropout'>> = {
  className: 'Dropout',
  autoName: 'dropout',
  output: (_spec, place) => place.input,
  parameters: () => [],
  build: (context, { rate }, x) => drop(context, x, rate, (dims) => [...dims]),
  activation: () => 'linear',
};

export const spatialDropout2d: LayerDef<Spec<'spatialdropout2d'>> = {
  className: 'SpatialDropout2D',
  autoName: 'spatial_dropout2d',
  output(_spec, place) {
    imageInput(place);
    return place.input;
  },
  parameters: () => [],
  build: (context, { rate }, x) =>
    drop(context, x, rate, (dims) => dims.map((dim, axis) => (axis < 2 ? dim : 1))),
  activation: () => 'linear',
};

export const activation: LayerDef<Spec<'activation'>> = {
  className: 'Activation',
  autoName: 'activation',
  output: (_spec, place) => place.input,
  parameters: () => [],
  build: (_context, _spec, x) => x,
  activation: (spec) => spec.activation,
};

export const leakyRelu: LayerDef<Spec<'leakyrelu'>> = {
  className: 'LeakyReLU',
  autoName: 'leaky_re_lu',
  output: (_spec, place) => place.input,
  parameters: () => [],
  build: ({ b }, { slope = 0.3 }, x) => b.op('LeakyRelu', [x], { alpha: slope }),
  activation: () => 'linear',
};
