/** Networks for 32×32 colour images in ten classes. */
import type { LayerSpec } from '../model-spec.ts';
import { varied } from './varied.ts';
import type { Preset } from './types.ts';

const input = { height: 32, width: 32, channels: 3 } as const;
const group = 'Small colour images';

function conv(filters: number, padding: 'same' | 'valid' = 'same'): LayerSpec {
  return { type: 'conv2d', filters, kernel: [3, 3], padding, activation: 'relu' };
}

const pool: LayerSpec = { type: 'maxpool2d', size: [2, 2] };
const head: LayerSpec[] = [
  { type: 'flatten' },
  { type: 'dense', units: 512, activation: 'relu' },
  { type: 'dropout', rate: 0.5 },
  { type: 'dense', units: 'classes', activation: 'softmax' },
];

/** One convolution and a wide dense layer; 0.66 on CIFAR-10's test set. */
export const cifarSimple: Preset = {
  classes: 10,
  info: {
    id: 'cifar-simple',
    name: 'CIFAR simple',
    group,
    description: 'One convolution and a wide dense layer: quick, and a baseline to beat.',
    input,
    parameters: 4_200_842,
    defaults: { epochs: 20, batch: 128, learningRate: 1e-3, trainLimit: null },
  },
  spec: {
    name: 'cifar-simple',
    input,
    layers: [conv(32), pool, { type: 'dropout', rate: 0.25 }, ...head],
    loss: 'crossentropy',
    optimizer: { type: 'rmsprop' },
  },
};

/** Four convolutions with dropout; 0.77 on CIFAR-10's test set. */
export const cifarDeep: Preset = {
  classes: 10,
  info: {
    id: 'cifar-deep',
    name: 'CIFAR deep',
    group,
    description: 'Four convolutions with dropout; a good first choice for small colour images.',
    input,
    parameters: 1_676_842,
    defaults: { epochs: 40, batch: 128, learningRate: 1e-3, trainLimit: null },
  },
  spec: {
    name: 'cifar-deep',
    input,
    layers: [
      conv(32),
      conv(32),
      pool,
      { type: 'dropout', rate: 0.25 },
      conv(64),
      conv(64, 'valid'),
      pool,
      { type: 'dropout', rate: 0.25 },
      ...head,
    ],
    loss: 'crossentropy',
    optimizer: { type: 'rmsprop' },
  },
};

/** Turned, moved, zoomed and mirrored; 0.78 on CIFAR-10's test set. */
export const cifarDeepAug = varied(cifarDeep, {
  id: 'cifar-deep-aug',
  name: 'CIFAR deep, augmented',
  description: 'The same with images turned, moved, zoomed and mirrored each epoch anew.',
  epochs: 50,
});

/** Large first kernels, batch normalisation, ten sigmoids; 0.77 on CIFAR-10's test set. */
export const cifarBn: Preset = {
  classes: 10,
  info: {
    id: 'cifar-bn',
    name: 'CIFAR batch norm',
    group,
    description: 'Few parameters: large strided kernels, batch normalisation, a sigmoid a class.',
    input,
    parameters: 238_666,
    defaults: {
      epochs: 200,
      batch: 100,
      learningRate: 1e-3,
      trainLimit: null,
      schedule: { type: 'plateau', monitor: 'val-loss', factor: 0.5, patience: 10, minDelta: 1e-4 },
      earlyStop: { monitor: 'val-loss', patience: 35, restoreBest: true },
    },
  },
  spec: {
    name: 'cifar-bn',
    input,
    layers: [
      { type: 'conv2d', filters: 64, kernel: [9, 9], strides: [2, 2], activation: 'relu' },
      pool,
      { type: 'batchnorm' },
      { type: 'conv2d', filters: 128, kernel: [3, 3], activation: 'relu' },
      pool,
      { type: 'batchnorm' },
      { type: 'flatten' },
      { type: 'dropout', rate: 0.5 },
      { type: 'dense', units: 256, activation: 'relu' },
      { type: 'dropout', rate: 0.2 },
      { type: 'dense', units: 64, activation: 'relu' },
      { type: 'dropout', rate: 0.1 },
      { type: 'dense', units: 'classes', activation: 'sigmoid' },
    ],
    loss: 'binary-crossentropy',
    optimizer: { type: 'rmsprop' },
  },
};
