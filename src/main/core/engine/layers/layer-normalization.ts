import type { LayerSpec } from '#shared/model-spec.ts';
import { constantInitializer } from '../initializers.ts';
import type { LayerDef, LayerPlace } from './types.ts';

type Spec = Extract<LayerSpec, { type: 'layernorm' }>;

function channelsOf(place: LayerPlace): number {
  return place.input.at(-1) ?? 1;
}

/**
 * y = γ (x − μ) / √(σ² + ε) + β, with mean and variance over the channels of each pixel (or the
 * numbers of a flat input): the same in training and after it. Written with means and products,
 * whose gradients the runtime has fast kernels for; ONNX's own operator would need three of its own.
 */
export const layerNormalization: LayerDef<Spec> = {
  className: 'LayerNormalization',
  autoName: 'layer_normalization',
  output: (_spec, place) => place.input,
  parameters(_spec, place) {
    const shape = [channelsOf(place)];
    return [
      { name: 'gamma', shape, initializer: constantInitializer('ones'), kind: 'weight' },
      { name: 'beta', shape, initializer: constantInitializer('zeros'), kind: 'weight' },
    ];
  },
  build({ b, parameter }, spec, x, place) {
    const channels = channelsOf(place);
    const perChannel = x.shape.length === 4 ? [1, channels, 1, 1] : [1, channels];
    const axis = b.ints([1]);
    const centred = b.op('Sub', [x, b.op('ReduceMean', [x, axis], { keepdims: 1 })]);
    const square = b.op('Mul', [centred, centred]);
    const variance = b.op('ReduceMean', [square, axis], { keepdims: 1 });
    const deviation = b.op('Sqrt', [b.op('Add', [variance, b.scalar(spec.epsilon ?? 1e-3)])]);
    const scaled = b.op('Mul', [
      b.op('Div', [centred, deviation]),
      b.reshape(parameter('gamma'), perChannel),
    ]);
    return b.op('Add', [scaled, b.reshape(parameter('beta'), perChannel)]);
  },
  activation: () => 'linear',
};
