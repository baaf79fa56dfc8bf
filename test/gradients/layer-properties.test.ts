/**
 * Every type of layer, over random sizes and settings and with every family of lowerings: the
 * gradient of its input and of its parameters against differences and against TensorFlow.js.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { activation as activationName, layerSettings } from '#shared/layer-spec.ts';
import type { Activation, LayerSpec } from '#shared/model-spec.ts';
import { families } from '../helpers/engines.ts';
import { checkGradient, distinctTensor, randomTensor } from './harness.ts';
import { layerCase, type LayerInput } from './layer-case.ts';
import { pair, seed, small } from './operators/property.ts';

interface Settings {
  layers: LayerSpec[];
  /** Of what they get; 4 unless said. */
  channels?: number;
  flat?: boolean;
  /** What x is made of where anything will not do: a maximum needs a clear winner. */
  x?: 'distinct' | 'around kinks';
  /** TensorFlow.js has no gradient, or a wrong one. */
  withoutOracle?: boolean;
}

/** Without kinks: what is inside of a network cannot be kept away from them. */
const smoothNames: Activation[] = ['linear', 'tanh', 'sigmoid', 'gelu', 'silu'];
const smooth = fc.constantFrom(...smoothNames);
const padding = fc.oneof(
  fc.constantFrom('valid' as const, 'same' as const),
  fc.tuple(fc.nat(1), fc.nat(1)),
);
const sliding = { strides: pair(3), padding, dilation: pair(2) };
const weighted = { activation: smooth, bias: fc.boolean() };
const rate = fc.constantFrom(0.25, 0.5);

/** One layer, as its settings say. */
function layer<T>(settings: fc.Arbitrary<T>, spec: (settings: T) => LayerSpec, more = {}) {
  return settings.map((each): Settings => ({ layers: [spec(each)], ...more }));
}

const window = fc.record({
  size: pair(3),
  strides: pair(3),
  padding: fc.constantFrom('valid' as const, 'same' as const),
});
const nothing = fc.constant(null);

const keeps = fc
  .record({ kernel: pair(3), activation: smooth })
  .map((settings): LayerSpec => ({ type: 'conv2d', filters: 4, padding: 'same', ...settings }));
const body = fc.array(keeps, { minLength: 1, maxLength: 2 });

// Pretrained networks have tests of their own.
const properties: Record<Exclude<LayerSpec['type'], 'backbone'>, fc.Arbitrary<Settings>> = {
  conv2d: fc
    .record({
      groups: small(3),
      inside: small(3),
      outside: small(3),
      rest: fc.record({ kernel: pair(3), ...sliding, ...weighted }),
    })
    .map(({ groups, inside, outside, rest }) => ({
      layers: [{ type: 'conv2d', groups, filters: groups * outside, ...rest }],
      channels: groups * inside,
    })),
  depthwiseconv2d: layer(
    fc.record({ kernel: pair(3), multiplier: small(3), ...sliding, ...weighted }),
    (settings) => ({ type: 'depthwiseconv2d', ...settings }),
  ),
  separableconv2d: layer(
    fc.record({
      kernel: pair(3),
      filters: small(4),
      multiplier: small(2),
      ...sliding,
      ...weighted,
    }),
    (settings) => ({ type: 'separableconv2d', ...settings }),
  ),
  conv2dtranspose: layer(
    fc.record({
      kernel: pair(3),
      strides: pair(3),
      filters: small(4),
      padding: fc.constantFrom('valid' as const, 'same' as const),
      ...weighted,
    }),
    (settings) => ({ type: 'conv2dtranspose', ...settings }),
  ),
  maxpool2d: layer(window, (settings) => ({ type: 'maxpool2d', ...settings }), { x: 'distinct' }),
  averagepool2d: layer(window, (settings) => ({ type: 'averagepool2d', ...settings })),
  globalaveragepool2d: layer(nothing, () => ({ type: 'globalaveragepool2d' })),
  globalmaxpool2d: layer(nothing, () => ({ type: 'globalmaxpool2d' }), { x: 'distinct' }),
  flatten: layer(nothing, () => ({ type: 'flatten' })),
  dense: layer(
    fc.record({ units: small(7), ...weighted }),
    (settings) => ({ type: 'dense', ...settings }),
    { flat: true },
  ),
  dropout: layer(rate, (rate) => ({ type: 'dropout', rate })),
  spatialdropout2d: layer(rate, (rate) => ({ type: 'spatialdropout2d', rate })),
  batchnorm: fc
    .record({
      // With a tiny ε and a few nearly equal numbers it is too curved for differences.
      spec: fc.record({
        epsilon: fc.constantFrom(0.1, 0.5),
        scale: fc.boolean(),
        center: fc.boolean(),
      }),
      frozen: fc.boolean(),
    })
    .map(({ spec, frozen }) => ({
      layers: [{ type: 'batchnorm', ...spec, ...(frozen && { trainable: false }) }],
    })),
  layernorm: fc
    .record({ epsilon: fc.constantFrom(0.5, 1), flat: fc.boolean() })
    .map(({ epsilon, flat }) => ({ layers: [{ type: 'layernorm', epsilon }], flat })),
  activation: fc.constantFrom(...activationName.options).map((activation) => ({
    // A layer behind it keeps softmax from being left to a loss.
    layers: [
      { type: 'activation', activation },
      { type: 'rescaling', scale: 1 },
    ],
    x: 'around kinks',
  })),
  leakyrelu: layer(fc.constantFrom(0, 0.1, 0.3, 1), (slope) => ({ type: 'leakyrelu', slope }), {
    x: 'around kinks',
  }),
  zeropadding2d: layer(fc.tuple(pair(3, 0), pair(3, 0)), (padding) => ({
    type: 'zeropadding2d',
    padding,
  })),
  upsampling2d: fc
    .record({
      size: pair(3),
      interpolation: fc.constantFrom('nearest' as const, 'bilinear' as const),
    })
    .map((settings) => ({
      layers: [{ type: 'upsampling2d', ...settings }],
      withoutOracle: settings.interpolation === 'bilinear',
    })),
  rescaling: layer(
    fc.record({ scale: fc.constantFrom(-2, 0.5, 3), offset: small(2, -2) }),
    (settings) => ({
      type: 'rescaling',
      ...settings,
    }),
  ),
  normalization: fc
    .record({ channels: small(4), each: fc.boolean(), scale: fc.constantFrom(0.25, 1, 4) })
    .map(({ channels, each, scale }) => {
      const length = each ? channels : 1;
      const variance = Array.from({ length }, (_, index) => scale * (index + 1));
      return { layers: [{ type: 'normalization', mean: variance, variance }], channels };
    }),
  squeezeexcite: layer(fc.record({ ratio: small(4), activation: smooth }), (settings) => ({
    type: 'squeezeexcite',
    ...settings,
  })),
  residual: fc
    .record({ body, projected: fc.boolean(), activation: smooth })
    .map(({ body, projected, activation }) => {
      const shortcut: LayerSpec[] = [{ type: 'conv2d', filters: 4, kernel: [1, 1] }];
      return { layers: [{ type: 'residual', body, activation, ...(projected && { shortcut }) }] };
    }),
  branches: fc
    .record({
      branches: fc.array(fc.oneof(body, fc.constant<LayerSpec[]>([])), {
        minLength: 2,
        maxLength: 3,
      }),
      merge: fc.constantFrom('concat' as const, 'add' as const),
      activation: smooth,
    })
    .map((settings) => ({ layers: [{ type: 'branches', ...settings }] })),
};

/** In each straight piece of the activations that have some: they meet at −3, 0, 3 and 6. */
function aroundKinks(dims: readonly number[], seed: number) {
  const tensor = randomTensor(dims, { seed, away: 0.2, scale: 2.8, positive: true });
  const pieces = randomTensor(dims, { seed: seed + 1, positive: true }).data as Float32Array;
  const data = (tensor.data as Float32Array).map(
    (value, index) => value + 3 * Math.floor((pieces[index] ?? 0) * 4) - 6,
  );
  return { ...tensor, data };
}

describe('gradient of', () => {
  it.each(Object.entries(properties))('%s', async (_type, settings) => {
    const cases = fc.record({ settings, size: pair(7, 5), seed });
    await fc.assert(
      fc.asyncProperty(cases, async ({ settings, size: [height, width], seed }) => {
        const { layers, channels = 4, flat = false, x, withoutOracle } = settings;
        const input: LayerInput = { height, width, channels, flat };
        const { oracle, ...testCase } = layerCase(layers, input, seed);
        const { dims } = testCase.inputs['x']!;
        if (x === 'distinct') testCase.inputs['x'] = distinctTensor(dims, { seed });
        if (x === 'around kinks') testCase.inputs['x'] = aroundKinks(dims, seed);
        // Moving averages have no gradient.
        const wrt = Object.keys(testCase.inputs).filter((name) => !name.includes('/moving_'));
        await checkGradient({ ...testCase, wrt, ...(withoutOracle ? {} : { oracle }) }, families);
      }),
      { numRuns: 8, seed: 5 },
    );
  });
});

it('tries every type of layer', () => {
  expect(Object.keys(properties).sort()).toEqual([...layerSettings.keys()].sort());
});
