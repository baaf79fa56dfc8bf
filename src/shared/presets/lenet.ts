import type { Preset } from './types.ts';

/** LeNet with 'same' padding and a wide dense layer; 0.99 on MNIST. */
export const lenet: Preset = {
  classes: 10,
  info: {
    id: 'lenet',
    name: 'LeNet',
    group: 'Small grey images',
    description: 'The classic for handwritten digits: 5×5 convolutions and a wide dense layer.',
    input: { height: 28, width: 28, channels: 1 },
    parameters: 1_256_080,
    defaults: { epochs: 20, batch: 128, learningRate: 1e-3, trainLimit: null },
  },
  spec: {
    name: 'lenet',
    input: { height: 28, width: 28, channels: 1 },
    layers: [
      { type: 'conv2d', filters: 20, kernel: [5, 5], padding: 'same', activation: 'relu' },
      { type: 'maxpool2d', size: [2, 2] },
      { type: 'conv2d', filters: 50, kernel: [5, 5], padding: 'same', activation: 'relu' },
      { type: 'maxpool2d', size: [2, 2] },
      { type: 'flatten' },
      { type: 'dense', units: 500, activation: 'relu' },
      { type: 'dense', units: 'classes', activation: 'softmax' },
    ],
    loss: 'crossentropy',
    optimizer: { type: 'adam' },
  },
};
