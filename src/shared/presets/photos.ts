/** Small networks for photos of any size, scaled to 150×150. */
import type { LayerSpec } from '../model-spec.ts';
import { varied } from './varied.ts';
import type { Preset } from './types.ts';

const input = { height: 150, width: 150, channels: 3 } as const;
const group = 'Photos';

/** Each a 3×3 convolution and a 2×2 pool. */
function stages(filters: readonly number[]): LayerSpec[] {
  return filters.flatMap((count): LayerSpec[] => [
    { type: 'conv2d', filters: count, kernel: [3, 3], activation: 'relu' },
    { type: 'maxpool2d', size: [2, 2] },
  ]);
}

/** Two classes with one sigmoid. Overfits a few thousand photos, which its charts make plain. */
export const catsDogs: Preset = {
  classes: 2,
  info: {
    id: 'cats-dogs',
    name: 'Cats and dogs',
    group,
    description: 'Three convolutions for photos of exactly two classes, told apart by one sigmoid.',
    input,
    parameters: 9_494_561,
    defaults: { epochs: 30, batch: 20, learningRate: 1e-3, trainLimit: null },
  },
  spec: {
    name: 'cats-dogs',
    input,
    layers: [
      ...stages([16, 32, 64]),
      { type: 'flatten' },
      { type: 'dense', units: 512, activation: 'relu' },
      { type: 'dense', units: 1, activation: 'sigmoid' },
    ],
    loss: 'binary-crossentropy',
    optimizer: { type: 'rmsprop' },
  },
};

/** The gap between training and validation that `catsDogs` shows, closed in good part. */
export const catsDogsAug = varied(catsDogs, {
  id: 'cats-dogs-aug',
  name: 'Cats and dogs, augmented',
  description: 'The same with photos turned, moved, slanted, zoomed and mirrored each epoch anew.',
  epochs: 100,
});

export const rockPaperScissors: Preset = {
  classes: 3,
  info: {
    id: 'rock-paper-scissors',
    name: 'Rock, paper, scissors',
    group,
    description: 'Four convolutions with dropout for photos of a few classes.',
    input,
    parameters: 3_473_475,
    defaults: { epochs: 25, batch: 32, learningRate: 1e-3, trainLimit: null },
  },
  spec: {
    name: 'rock-paper-scissors',
    input,
    layers: [
      ...stages([64, 64, 128, 128]),
      { type: 'flatten' },
      { type: 'dropout', rate: 0.5 },
      { type: 'dense', units: 512, activation: 'relu' },
      { type: 'dense', units: 'classes', activation: 'softmax' },
    ],
    loss: 'crossentropy',
    optimizer: { type: 'rmsprop' },
  },
};
