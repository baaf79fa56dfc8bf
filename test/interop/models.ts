/** Models that between them have every layer, head and way to answer. */
import type { LayerSpec, ModelSpec } from '#shared/model-spec.ts';
import { presets } from '#shared/presets/index.ts';
import type { ViewsSpec } from '#shared/views.ts';

export interface InteropModel {
  classes: number;
  spec: ModelSpec;
  views: ViewsSpec | null;
  /** One unless given. */
  epochs?: number;
}

const input = { height: 28, width: 28, channels: 1 } as const;
const optimizer = { type: 'adam' } as const;

function model(name: string, layers: LayerSpec[], loss: ModelSpec['loss']): InteropModel {
  return { classes: 10, spec: { name, input, layers, loss, optimizer }, views: null };
}

/** Every layer, with settings that clients read in their own ways. */
const everything: LayerSpec[] = [
  { type: 'normalization', mean: [0.29], variance: [0.12] },
  { type: 'zeropadding2d', padding: [[1, 0], [0, 1]] }, // prettier-ignore
  { type: 'conv2d', filters: 8, kernel: [3, 3], strides: [2, 2], padding: 'same', bias: false },
  { type: 'batchnorm', momentum: 0.9 },
  { type: 'leakyrelu', slope: 0.1 },
  { type: 'conv2d', filters: 12, kernel: [3, 3], padding: [1, 1], groups: 4, activation: 'gelu' },
  { type: 'maxpool2d', size: [3, 3], strides: [2, 2], padding: [1, 1] },
  {
    type: 'residual',
    body: [
      { type: 'depthwiseconv2d', kernel: [3, 3], padding: 'same', multiplier: 2 },
      { type: 'layernorm' },
      { type: 'conv2d', filters: 16, kernel: [1, 1], activation: 'hard_swish' },
      { type: 'squeezeexcite', ratio: 4, gate: 'hard_sigmoid' },
    ],
    shortcut: [{ type: 'conv2d', filters: 16, kernel: [1, 1] }],
    activation: 'silu',
  },
  { type: 'conv2dtranspose', filters: 10, kernel: [3, 3], strides: [2, 2], padding: 'same' },
  { type: 'rescaling', scale: 0.5, offset: 0.1 },
  {
    type: 'branches',
    merge: 'concat',
    branches: [
      [
        { type: 'separableconv2d', filters: 8, kernel: [3, 3], padding: 'same', activation: 'elu' },
        { type: 'averagepool2d', size: [2, 2], padding: 'same' },
        { type: 'spatialdropout2d', rate: 0.1 },
      ],
      [
        { type: 'conv2d', filters: 8, kernel: [3, 3], dilation: [2, 2], padding: 'same' },
        { type: 'maxpool2d', size: [2, 2] },
        { type: 'upsampling2d', size: [2, 2] },
        { type: 'averagepool2d', size: [3, 3], strides: [2, 2], padding: [1, 1] },
      ],
    ],
    activation: 'relu6',
  },
  {
    type: 'branches',
    merge: 'concat',
    branches: [
      [{ type: 'globalaveragepool2d' }],
      [{ type: 'globalmaxpool2d' }],
      [
        { type: 'conv2d', filters: 4, kernel: [1, 1], activation: 'tanh' },
        { type: 'flatten' },
        { type: 'dropout', rate: 0.2 },
        { type: 'dense', units: 24, activation: 'leaky_relu' },
      ],
    ],
  },
  { type: 'activation', activation: 'hard_sigmoid' },
  { type: 'dense', units: 'classes' },
];

/** Ends in one probability for two classes. */
const two: InteropModel = {
  ...model(
    'one sigmoid',
    [
      { type: 'conv2d', filters: 8, kernel: [5, 5], activation: 'relu' },
      { type: 'averagepool2d', size: [2, 2] },
      { type: 'flatten' },
      { type: 'dense', units: 1, activation: 'sigmoid' },
    ],
    'binary-crossentropy',
  ),
  classes: 2,
};

const preset = presets.find(({ info }) => info.id === 'fashion-small')!;

/** Three members side by side. */
const ensemble: InteropModel = model(
  'ensemble',
  [
    {
      type: 'branches',
      merge: 'concat',
      branches: [5, 6, 7].map((filters) => [
        { type: 'conv2d', filters, kernel: [3, 3], strides: [2, 2], padding: 'same', bias: false },
        { type: 'batchnorm', momentum: 0.9, epsilon: 1e-5 },
        { type: 'activation', activation: 'relu' },
        { type: 'flatten' },
        { type: 'dropout', rate: 0.4 },
        { type: 'dense', units: 'classes' },
      ]),
    },
  ],
  'crossentropy',
);
ensemble.spec.members = 3;

export const models = {
  'fashion-small': { classes: 10, spec: preset.spec, views: null },
  'all layers': model('all layers', everything, 'crossentropy'),
  'one sigmoid': two,
  'ten sigmoids': model(
    'ten sigmoids',
    [
      { type: 'conv2d', filters: 8, kernel: [3, 3], strides: [2, 2], activation: 'relu' },
      { type: 'flatten' },
      { type: 'batchnorm' },
      { type: 'dense', units: 'classes', activation: 'sigmoid' },
    ],
    'binary-crossentropy',
  ),
  /** Looks at each image mirrored and moved too. */
  ensemble: { ...ensemble, views: { flip: true, shift: 1 } },
} satisfies Record<string, InteropModel>;
export type ModelName = keyof typeof models;
