import type { LayerSpec } from '#shared/model-spec.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import type { Value } from '../graph/types.ts';
import { constantInitializer } from '../initializers.ts';
import type { BuildContext, LayerDef, LayerPlace, ParameterSpec } from './types.ts';

type Spec = Extract<LayerSpec, { type: 'batchnorm' }>;

function channelsOf(place: LayerPlace): number {
  return place.input.at(-1) ?? 1;
}

function has({ scale = true, center = true }: Spec, parameter: string): boolean {
  return (scale || parameter !== 'gamma') && (center || parameter !== 'beta');
}

/** Per channel: over batch and pixels for images, over the batch for flat input. */
export const batchNormalization: LayerDef<Spec> = {
  className: 'BatchNormalization',
  autoName: 'batch_normalization',
  output: (_spec, place) => place.input,
  parameters(spec, place) {
    const shape = [channelsOf(place)];
    const ones = constantInitializer('ones');
    const zeros = constantInitializer('zeros');
    const all: ParameterSpec[] = [
      { name: 'gamma', shape, initializer: ones, kind: 'weight' },
      { name: 'beta', shape, initializer: zeros, kind: 'weight' },
      { name: 'moving_mean', shape, initializer: zeros, kind: 'statistic' },
      { name: 'moving_variance', shape, initializer: ones, kind: 'statistic' },
    ];
    return all.filter(({ name }) => has(spec, name));
  },
  build(context, spec, x, place) {
    const channels = channelsOf(place);
    // Frozen, it answers as in the finished model, and its averages stay (Keras since 2.0 too).
    if (context.training && !place.frozen) return trained(context, spec, x, channels);
    const { b, parameter } = context;
    const fixed = (value: number) =>
      b.tensor({
        dtype: 'float32',
        dims: [channels],
        data: new Float32Array(channels).fill(value),
      });
    const given = [
      has(spec, 'gamma') ? parameter('gamma') : fixed(1),
      has(spec, 'beta') ? parameter('beta') : fixed(0),
      parameter('moving_mean'),
      parameter('moving_variance'),
    ];
    return b.op('BatchNormalization', [x, ...given], { epsilon: spec.epsilon ?? 1e-3 });
  },
  activation: () => 'linear',
};

/**
 * y = γ (x − μ) / √(σ² + ε) + β with the batch's own μ and (biased) σ², as Keras 3; the moving
 * averages take over (1 − momentum) of them.
 */
function trained(
  { b, parameter, updateStatistic }: BuildContext,
  spec: Spec,
  x: Value,
  channels: number,
): Value {
  const { epsilon = 1e-3, momentum = 0.99 } = spec;
  const axes = b.ints(x.shape.length === 4 ? [0, 2, 3] : [0]);
  const perChannel = x.shape.length === 4 ? [1, channels, 1, 1] : [1, channels];
  const mean = b.op('ReduceMean', [x, axes], { keepdims: 1 });
  const centred = b.op('Sub', [x, mean]);
  const variance = b.op('ReduceMean', [b.op('Mul', [centred, centred]), axes], { keepdims: 1 });
  const deviation = b.op('Sqrt', [b.op('Add', [variance, b.scalar(epsilon)])]);
  // Scale first, on a handful of numbers: one product over the big tensor instead of two.
  const scale = has(spec, 'gamma')
    ? b.op('Div', [b.reshape(parameter('gamma'), perChannel), deviation])
    : b.op('Reciprocal', [deviation]);
  // Made before the product, which can then add it on its way (`engine/blocked`).
  const shift = has(spec, 'beta') ? b.reshape(parameter('beta'), perChannel) : null;
  const normalized = b.op('Mul', [centred, scale]);
  for (const [name, now] of [
    ['moving_mean', mean],
    ['moving_variance', variance],
  ] as const) {
    updateStatistic(name, blend(b, parameter(name), b.reshape(now, [channels]), momentum));
  }
  return shift ? b.op('Add', [normalized, shift]) : normalized;
}

function blend(b: GraphBuilder, before: Value, now: Value, momentum: number): Value {
  return b.op('Add', [
    b.op('Mul', [before, b.scalar(momentum)]),
    b.op('Mul', [now, b.scalar(1 - momentum)]),
  ]);
}
