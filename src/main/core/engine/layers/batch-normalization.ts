import type { LayerSpec } from '#shared/model-spec.ts';
import type { Value } from '../graph/types.ts';
import { constantInitializer } from '../initializers.ts';
import { blend, normalizeByBatch } from './batch-statistics.ts';
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
    if (context.training && !place.frozen) return trained(context, spec, x);
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
 * With the batch's own statistics, as Keras 3; the moving averages take over (1 − momentum) of them, of the
 * biased variance too.
 */
function trained({ b, parameter, updateStatistic }: BuildContext, spec: Spec, x: Value): Value {
  const { epsilon = 1e-3, momentum = 0.99 } = spec;
  const gamma = has(spec, 'gamma') ? parameter('gamma') : null;
  const beta = has(spec, 'beta') ? parameter('beta') : null;
  const { output, mean, variance } = normalizeByBatch(b, x, { gamma, beta, epsilon });
  for (const [name, now] of [
    ['moving_mean', mean],
    ['moving_variance', variance],
  ] as const) {
    updateStatistic(name, blend(b, parameter(name), now, momentum));
  }
  return output;
}
