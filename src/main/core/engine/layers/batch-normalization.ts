import type { LayerSpec } from '#shared/model-spec.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import type { Value } from '../graph/types.ts';
import type { BuildContext, LayerDef, LayerPlace } from './types.ts';

type Spec = Extract<LayerSpec, { type: 'batchnorm' }>;

function channelsOf(place: LayerPlace): number {
  return place.input.at(-1) ?? 1;
}

/** Per channel: over batch and pixels for images, over the batch for flat input. */
export const batchNormalization: LayerDef<Spec> = {
  className: 'BatchNormalization',
  autoName: 'batch_normalization',
  output: (_spec, place) => place.input,
  parameters(_spec, place) {
    const shape = [channelsOf(place)];
    return [
      { name: 'gamma', shape, initializer: { type: 'ones' }, kind: 'weight' },
      { name: 'beta', shape, initializer: { type: 'zeros' }, kind: 'weight' },
      { name: 'moving_mean', shape, initializer: { type: 'zeros' }, kind: 'statistic' },
      { name: 'moving_variance', shape, initializer: { type: 'ones' }, kind: 'statistic' },
    ];
  },
  build(context, spec, x, place) {
    const { b, training, parameter } = context;
    const epsilon = spec.epsilon ?? 1e-3;
    if (training) return trained(context, x, channelsOf(place), epsilon, spec.momentum ?? 0.99);
    const given = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map(parameter);
    return b.op('BatchNormalization', [x, ...given], { epsilon });
  },
  activation: () => 'linear',
};

/**
 * y = γ (x − μ) / √(σ² + ε) + β with the batch's own μ and (biased) σ², as Keras 3; the moving
 * averages take over (1 − momentum) of them.
 */
function trained(
  { b, parameter, updateStatistic }: BuildContext,
  x: Value,
  channels: number,
  epsilon: number,
  momentum: number,
): Value {
  const axes = b.ints(x.shape.length === 4 ? [0, 2, 3] : [0]);
  const perChannel = x.shape.length === 4 ? [1, channels, 1, 1] : [1, channels];
  const mean = b.op('ReduceMean', [x, axes], { keepdims: 1 });
  const centred = b.op('Sub', [x, mean]);
  const variance = b.op('ReduceMean', [b.op('Mul', [centred, centred]), axes], { keepdims: 1 });
  const deviation = b.op('Sqrt', [b.op('Add', [variance, b.scalar(epsilon)])]);
  // Scale first, on a handful of numbers: one product over the big tensor instead of two.
  const scale = b.op('Div', [b.reshape(parameter('gamma'), perChannel), deviation]);
  const normalized = b.op('Mul', [centred, scale]);
  for (const [name, now] of [
    ['moving_mean', mean],
    ['moving_variance', variance],
  ] as const) {
    updateStatistic(name, blend(b, parameter(name), b.reshape(now, [channels]), momentum));
  }
  return b.op('Add', [normalized, b.reshape(parameter('beta'), perChannel)]);
}

function blend(b: GraphBuilder, before: Value, now: Value, momentum: number): Value {
  return b.op('Add', [
    b.op('Mul', [before, b.scalar(momentum)]),
    b.op('Mul', [now, b.scalar(1 - momentum)]),
  ]);
}
