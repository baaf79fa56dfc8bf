/** Small models that between them have every layer and setting, with weights drawn at random. */
import type { LayerSpec, ModelSpec } from '#shared/model-spec.ts';
import type { ViewsSpec } from '#shared/views.ts';
import type { ModelSource } from '#core/engine/export/converter.ts';
import { allLayers, resolveModel } from '#core/engine/layers/resolve.ts';
import { Random } from '#core/engine/random.ts';

const head: LayerSpec = { type: 'dense', units: 'classes', activation: 'softmax' };

function spec(name: string, channels: 1 | 3, layers: LayerSpec[], more = {}): ModelSpec {
  const input = { height: 13, width: 11, channels };
  return { name, input, layers, loss: 'crossentropy', optimizer: { type: 'sgd' }, ...more };
}

interface Case {
  spec: ModelSpec;
  classes: number;
  views?: ViewsSpec;
}

const cases: Record<string, Case> = {
  convolutions: {
    classes: 5,
    spec: spec('convolutions', 3, [
      { type: 'normalization', mean: [0.4, 0.5, 0.6], variance: [0.04, 0.05, 0.06] },
      { type: 'conv2d', filters: 8, kernel: [3, 3], strides: [2, 2], padding: 'same', bias: false },
      { type: 'batchnorm', scale: false },
      { type: 'activation', activation: 'relu' },
      {
        type: 'conv2d',
        filters: 8,
        kernel: [3, 2],
        groups: 2,
        padding: [1, 1],
        activation: 'silu',
      },
      {
        type: 'depthwiseconv2d',
        kernel: [3, 3],
        multiplier: 2,
        padding: 'same',
        activation: 'relu6',
      },
      { type: 'separableconv2d', filters: 6, kernel: [2, 2], padding: 'same', activation: 'gelu' },
      {
        type: 'conv2d',
        filters: 6,
        kernel: [3, 3],
        dilation: [2, 2],
        padding: 'same',
        activation: 'hard_swish',
      },
      {
        type: 'conv2dtranspose',
        filters: 4,
        kernel: [3, 3],
        strides: [2, 2],
        padding: 'same',
        activation: 'elu',
      },
      { type: 'conv2dtranspose', filters: 4, kernel: [2, 2], strides: [3, 3], activation: 'tanh' },
      { type: 'maxpool2d', size: [3, 3], strides: [2, 2], padding: 'same' },
      { type: 'averagepool2d', size: [3, 3], strides: [2, 2], padding: 'same' },
      { type: 'averagepool2d', size: [2, 2], padding: [1, 1] },
      { type: 'dropout', rate: 0.2 },
      { type: 'flatten' },
      head,
    ]),
  },
  normalizations: {
    classes: 2,
    spec: spec(
      'normalizations',
      1,
      [
        { type: 'rescaling', scale: 2, offset: -1 },
        {
          type: 'conv2d',
          filters: 8,
          kernel: [3, 3],
          activation: 'leaky_relu',
          name: 'first layer',
        },
        { type: 'batchnorm', center: false, epsilon: 1e-5 },
        { type: 'layernorm' },
        { type: 'squeezeexcite', ratio: 4, gate: 'hard_sigmoid', activation: 'silu' },
        { type: 'leakyrelu' },
        {
          type: 'zeropadding2d',
          padding: [
            [1, 2],
            [0, 3],
          ],
        },
        { type: 'upsampling2d', size: [2, 1] },
        { type: 'upsampling2d', size: [1, 2], interpolation: 'bilinear' },
        { type: 'conv2d', filters: 8, kernel: [1, 1], activation: 'hard_sigmoid' },
        { type: 'spatialdropout2d', rate: 0.1 },
        { type: 'globalmaxpool2d' },
        { type: 'layernorm' },
        { type: 'dense', units: 12, bias: false, activation: 'relu' },
        { type: 'batchnorm' },
        { type: 'dense', units: 1, activation: 'sigmoid' },
      ],
      { loss: 'binary-crossentropy' },
    ),
  },
  blocks: {
    classes: 4,
    spec: spec(
      'blocks',
      3,
      [
        { type: 'conv2d', filters: 6, kernel: [3, 3], padding: 'same', activation: 'relu' },
        { type: 'maxpool2d', size: [2, 2] },
        {
          type: 'residual',
          activation: 'relu',
          body: [
            { type: 'conv2d', filters: 6, kernel: [3, 3], padding: 'same' },
            { type: 'batchnorm' },
            {
              type: 'branches',
              merge: 'concat',
              branches: [[{ type: 'conv2d', filters: 4, kernel: [1, 1], activation: 'relu' }], []],
            },
          ],
          shortcut: [{ type: 'conv2d', filters: 10, kernel: [1, 1] }],
        },
        {
          type: 'residual',
          body: [
            { type: 'conv2d', filters: 10, kernel: [3, 3], padding: 'same' },
            { type: 'batchnorm' },
          ],
        },
        { type: 'globalaveragepool2d' },
        { type: 'dense', units: 'classes', activation: 'sigmoid' },
      ],
      { loss: 'binary-crossentropy' },
    ),
  },
  members: {
    classes: 3,
    views: { flip: true, shift: 1 },
    spec: spec(
      'members',
      1,
      [
        { type: 'conv2d', filters: 6, kernel: [3, 3], activation: 'relu' },
        { type: 'maxpool2d', size: [2, 2] },
        { type: 'flatten' },
        {
          type: 'branches',
          merge: 'concat',
          branches: [
            [
              { type: 'dense', units: 8, activation: 'relu' },
              { type: 'dense', units: 'classes' },
            ],
            [{ type: 'dense', units: 'classes' }],
          ],
        },
      ],
      { members: 2 },
    ),
  },
};

export const exportModels = Object.keys(cases);

/** As a converter gets it. */
export function exportSource(name: string, seed = 1): ModelSource {
  const found = cases[name];
  if (!found) throw new RangeError(`no model ${name}`);
  return randomSource(found.spec, found.classes, { views: found.views ?? null, seed });
}

/** Weights that keep numbers of their size, and moving averages around 0 and 1. */
export function randomSource(
  spec: ModelSpec,
  classes: number,
  { views = null, seed = 1 }: { views?: ViewsSpec | null; seed?: number } = {},
): ModelSource {
  const model = resolveModel(spec, classes);
  const parameters = new Map(
    allLayers(model.layers).flatMap((layer) =>
      layer.parameters.map((parameter) => {
        const { shape, initializer } = parameter;
        const name = `${layer.name}/${parameter.name}`;
        const random = new Random(seed, name);
        const positive = parameter.name === 'gamma' || parameter.name === 'moving_variance';
        const fanIn = initializer.type === 'given' ? 1 : initializer.fanIn;
        const scale = shape.length > 1 ? Math.sqrt(6 / fanIn) : 0.3;
        const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
          const drawn = (random.uniform() * 2 - 1) * scale;
          return positive ? 1 + drawn : drawn;
        });
        return [name, { shape, data }] as const;
      }),
    ),
  );
  return {
    spec,
    model,
    parameters,
    views,
    classNames: Array.from({ length: classes }, (_, index) => `class ${index}`),
    name: model.name,
    metadata: { producer: 'Fovea test' },
    calibration: null,
  };
}

/** Smooth pictures: uint8 [count, height, width, channels]. */
export function smoothImages({ model }: ModelSource, count: number, seed = 1): Uint8Array {
  const { height, width, channels } = model.input;
  const random = new Random(seed, 'images');
  const pixels = new Uint8Array(count * height * width * channels);
  let at = 0;
  for (let image = 0; image < count; image++) {
    const waves = Array.from({ length: channels * 3 }, () => random.uniform() * 6);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < channels; c++) {
          const [a = 0, b = 0, phase = 0] = waves.slice(3 * c);
          pixels[at++] = 127.5 + 127 * Math.sin((a * x) / width + (b * y) / height + phase);
        }
      }
    }
  }
  return pixels;
}
