/**
 * What the training benchmark measures. Specs are those of the reference experiments, except that
 * every row ends in softmax cross-entropy, which all three programs then use.
 */
import type { LayerSpec, ModelSpec } from '#shared/model-spec.ts';
import { findPreset } from '#shared/presets/index.ts';

export interface Row {
  id: string;
  spec: ModelSpec;
  classes: number;
  batch: number;
  /** Images of one round: a few seconds of work. */
  images: number;
  data: 'fashion-mnist' | 'synthetic';
  /** Print the share of the machine's matrix product speed that is reached. */
  peak?: true;
}

const conv = (filters: number, size: number, more: object = {}): LayerSpec => ({
  type: 'conv2d',
  filters,
  kernel: [size, size],
  activation: 'relu',
  ...more,
});
const same = { padding: 'same' } as const;
const pool: LayerSpec = { type: 'maxpool2d', size: [2, 2] };
const flatten: LayerSpec = { type: 'flatten' };
const norm: LayerSpec = { type: 'batchnorm' };
const drop = (rate: number): LayerSpec => ({ type: 'dropout', rate });
const dense = (units: number): LayerSpec => ({ type: 'dense', units, activation: 'relu' });
const head: LayerSpec = { type: 'dense', units: 'classes', activation: 'softmax' };

function model(name: string, size: number, layers: LayerSpec[]): ModelSpec {
  return {
    name,
    input: { height: size, width: size, channels: 3 },
    layers: [...layers, head],
    loss: 'crossentropy',
    optimizer: { type: 'rmsprop' },
  };
}

const cifarBn = model('cifar-bn', 32, [
  conv(64, 9, { strides: [2, 2] }),
  pool,
  norm,
  conv(128, 3),
  pool,
  norm,
  flatten,
  drop(0.5),
  dense(256),
  drop(0.2),
  dense(64),
  drop(0.1),
]);

const cifarDeep = model('cifar-deep', 32, [
  conv(32, 3, same),
  conv(32, 3, same),
  pool,
  drop(0.25),
  conv(64, 3, same),
  conv(64, 3),
  pool,
  drop(0.25),
  flatten,
  dense(512),
  drop(0.5),
]);

const catsDogs = model('cats-dogs', 150, [
  conv(16, 3),
  pool,
  conv(32, 3),
  pool,
  conv(64, 3),
  pool,
  flatten,
  dense(512),
]);

function fashionCnn(): ModelSpec {
  const preset = findPreset('fashion-cnn');
  if (!preset) throw new Error('There is no preset fashion-cnn.');
  return preset.spec;
}

export function rows(): Row[] {
  const fashion = { spec: fashionCnn(), classes: 10, data: 'fashion-mnist' } as const;
  const synthetic = { data: 'synthetic' } as const;
  return [
    { id: 'fashion-cnn-32', ...fashion, batch: 32, images: 6400 },
    { id: 'fashion-cnn-128', ...fashion, batch: 128, images: 7680 },
    { id: 'cifar-bn-100', ...synthetic, spec: cifarBn, classes: 10, batch: 100, images: 3000 },
    {
      id: 'cifar-deep-128',
      ...synthetic,
      spec: cifarDeep,
      classes: 10,
      batch: 128,
      images: 1536,
      peak: true,
    },
    {
      id: 'cats-dogs-20',
      ...synthetic,
      spec: catsDogs,
      classes: 2,
      batch: 20,
      images: 240,
      peak: true,
    },
  ];
}

/** Rows of the plan that the model spec cannot express yet. */
export const leftOut = ['resnet-18-16: needs residual branches, which a model spec does not have.'];
