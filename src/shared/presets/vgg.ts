import type { LayerSpec } from '../model-spec.ts';
import type { Preset } from './types.ts';

const input = { height: 224, width: 224, channels: 3 } as const;

/** Convolutions of one stage, and how many. */
const stages = [
  [2, 64],
  [2, 128],
  [3, 256],
  [3, 512],
  [3, 512],
] as const;

/** Simonyan and Zisserman (2014), configuration D; layers named as in Keras. */
export const vgg16: Preset = {
  classes: 1000,
  info: {
    id: 'vgg-16',
    name: 'VGG-16',
    group: 'Architectures',
    description: 'Thirteen 3×3 convolutions and three dense layers, from scratch: slow and large.',
    input,
    parameters: 138_357_544,
    defaults: { epochs: 10, batch: 16, learningRate: 1e-4, trainLimit: null },
  },
  spec: {
    name: 'vgg-16',
    input,
    layers: [
      ...stages.flatMap(([count, filters], stage): LayerSpec[] => [
        ...Array.from({ length: count }, (_, index): LayerSpec => ({
          type: 'conv2d',
          name: `block${stage + 1}_conv${index + 1}`,
          filters,
          kernel: [3, 3],
          padding: 'same',
          activation: 'relu',
        })),
        { type: 'maxpool2d', name: `block${stage + 1}_pool`, size: [2, 2] },
      ]),
      { type: 'flatten' },
      { type: 'dense', name: 'fc1', units: 4096, activation: 'relu' },
      { type: 'dense', name: 'fc2', units: 4096, activation: 'relu' },
      { type: 'dense', name: 'predictions', units: 'classes', activation: 'softmax' },
    ],
    loss: 'crossentropy',
    optimizer: { type: 'adam' },
  },
};
