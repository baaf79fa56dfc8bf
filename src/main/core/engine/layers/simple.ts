/** Layers without parameters and windows: flatten, dropout, activation. */
import type { LayerSpec } from '#shared/model-spec.ts';
import { concrete, elements } from '../graph/shape.ts';
import type { LayerDef } from './types.ts';

/** In the engine's own order, channel by channel (NCHW): Keras flattens pixel by pixel. */
export const flatten: LayerDef<Extract<LayerSpec, { type: 'flatten' }>> = {
  className: 'Flatten',
  autoName: 'flatten',
  output: (_spec, place) => [elements(place.input)],
  parameters: () => [],
  build: ({ b }, _spec, x, place) => b.reshape(x, [0, elements(place.input)]),
  activation: () => 'linear',
};

/** Inverted: what is kept grows by 1 / (1 − rate) in training, nothing happens in inference. */
export const dropout: LayerDef<Extract<LayerSpec, { type: 'dropout' }>> = {
  className: 'Dropout',
  autoName: 'dropout',
  output: (_spec, place) => place.input,
  parameters: () => [],
  build({ b, training, keepMask }, { rate }, x) {
    if (!training || rate === 0) return x;
    const mask = b.op('Mul', [keepMask(concrete(x.shape), rate), b.scalar(1 / (1 - rate))]);
    return b.op('Mul', [x, mask]);
  },
  activation: () => 'linear',
};

export const activation: LayerDef<Extract<LayerSpec, { type: 'activation' }>> = {
  className: 'Activation',
  autoName: 'activation',
  output: (_spec, place) => place.input,
  parameters: () => [],
  build: (_context, _spec, x) => x,
  activation: (spec) => spec.activation,
};
