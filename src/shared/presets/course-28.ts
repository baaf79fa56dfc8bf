import type { Preset } from './types.ts';

/** The two-convolution network of many introductory courses. */
export const course28: Preset = {
  classes: 10,
  info: {
    id: 'course-28',
    name: 'Course 28',
    group: 'Small grey images',
    description: 'The two-convolution network of introductory courses, for 28×28 grey images.',
    input: { height: 28, width: 28, channels: 1 },
    parameters: 243_786,
    defaults: { epochs: 10, batch: 32, learningRate: 1e-3, trainLimit: null },
  },
  spec: {
    name: 'course-28',
    input: { height: 28, width: 28, channels: 1 },
    layers: [
      { type: 'conv2d', filters: 64, kernel: [3, 3], activation: 'relu' },
      { type: 'maxpool2d', size: [2, 2] },
      { type: 'conv2d', filters: 64, kernel: [3, 3], activation: 'relu' },
      { type: 'maxpool2d', size: [2, 2] },
      { type: 'flatten' },
      { type: 'dense', units: 128, activation: 'relu' },
      { type: 'dense', units: 'classes', activation: 'softmax' },
    ],
    loss: 'crossentropy',
    optimizer: { type: 'adam' },
  },
};
