/** The kinds of layers that can be added, in groups, each as it begins. */
import type { LayerSpec, PartType } from '#shared/layer-spec.ts';
import type { ModelSpec } from '#shared/model-spec.ts';

const kernel: [number, number] = [3, 3];
const pair: [number, number] = [2, 2];

const conv = { type: 'conv2d', filters: 32, kernel, padding: 'same' } as const;

/** What a new layer of each type is. */
const starts: { [Type in PartType]: Extract<LayerSpec, { type: Type }> } = {
  conv2d: { type: 'conv2d', filters: 32, kernel, activation: 'relu' },
  depthwiseconv2d: { type: 'depthwiseconv2d', kernel, padding: 'same', activation: 'relu' },
  separableconv2d: {
    type: 'separableconv2d',
    filters: 32,
    kernel,
    padding: 'same',
    activation: 'relu',
  },
  conv2dtranspose: {
    type: 'conv2dtranspose',
    filters: 32,
    kernel: [2, 2],
    strides: pair,
    activation: 'relu',
  },
  maxpool2d: { type: 'maxpool2d', size: pair },
  averagepool2d: { type: 'averagepool2d', size: pair },
  globalaveragepool2d: { type: 'globalaveragepool2d' },
  globalmaxpool2d: { type: 'globalmaxpool2d' },
  flatten: { type: 'flatten' },
  dense: { type: 'dense', units: 64, activation: 'relu' },
  dropout: { type: 'dropout', rate: 0.5 },
  spatialdropout2d: { type: 'spatialdropout2d', rate: 0.2 },
  batchnorm: { type: 'batchnorm' },
  layernorm: { type: 'layernorm' },
  activation: { type: 'activation', activation: 'relu' },
  leakyrelu: { type: 'leakyrelu' },
  zeropadding2d: {
    type: 'zeropadding2d',
    padding: [
      [1, 1],
      [1, 1],
    ],
  },
  upsampling2d: { type: 'upsampling2d', size: pair },
  rescaling: { type: 'rescaling', scale: 2, offset: -1 },
  normalization: { type: 'normalization', mean: [0.5], variance: [0.25] },
  squeezeexcite: { type: 'squeezeexcite' },
  residual: {
    type: 'residual',
    body: [{ ...conv, activation: 'relu' }, conv],
    shortcut: [{ type: 'conv2d', filters: 32, kernel: [1, 1] }],
    activation: 'relu',
  },
  branches: {
    type: 'branches',
    merge: 'concat',
    branches: [
      [{ type: 'conv2d', filters: 16, kernel: [1, 1], activation: 'relu' }],
      [
        { type: 'conv2d', filters: 16, kernel: [1, 1], activation: 'relu' },
        { ...conv, filters: 16, activation: 'relu' },
      ],
    ],
  },
};

/** A layer of its own: nothing in it is shared with another one. */
export function newLayer(type: PartType): LayerSpec {
  return copyOf(starts[type]);
}

/** Also of the layers inside; through JSON, since what appears twice in it must become two. */
export function copyOf(layer: LayerSpec): LayerSpec {
  return JSON.parse(JSON.stringify(layer)) as LayerSpec;
}

export const paletteGroups = [
  { id: 'convolution', types: ['conv2d', 'depthwiseconv2d', 'separableconv2d', 'conv2dtranspose'] },
  {
    id: 'pooling',
    types: ['maxpool2d', 'averagepool2d', 'globalaveragepool2d', 'globalmaxpool2d'],
  },
  { id: 'dense', types: ['flatten', 'dense'] },
  { id: 'blocks', types: ['residual', 'branches', 'squeezeexcite'] },
  { id: 'normalise', types: ['batchnorm', 'layernorm', 'rescaling', 'normalization'] },
  { id: 'dropout', types: ['dropout', 'spatialdropout2d'] },
  { id: 'activation', types: ['activation', 'leakyrelu'] },
  { id: 'size', types: ['zeropadding2d', 'upsampling2d'] },
] as const satisfies { id: string; types: readonly PartType[] }[];

export type PaletteGroup = (typeof paletteGroups)[number]['id'];

/** A small model to begin with: it can be trained as it is. */
export function newModel(
  name: string,
  input: { height: number; width: number; channels: number } | undefined,
): ModelSpec {
  const { height, width, channels } = input ?? { height: 28, width: 28, channels: 1 };
  return {
    name,
    input: { height, width, channels: channels === 3 ? 3 : 1 },
    layers: [
      newLayer('conv2d'),
      newLayer('maxpool2d'),
      newLayer('flatten'),
      { type: 'dense', units: 'classes', activation: 'softmax' },
    ],
    loss: 'crossentropy',
    optimizer: { type: 'adam' },
  };
}
