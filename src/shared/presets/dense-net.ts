import type { ModelSpec } from '../model-spec.ts';

/**
 * A plain dense net for images of this size: what a model without convolutions makes of the same
 * labels. One hidden layer of 128 units.
 */
export function denseNet(like: Pick<ModelSpec, 'input' | 'loss' | 'optimizer'>): ModelSpec {
  return {
    name: 'dense net',
    input: like.input,
    layers: [
      { type: 'flatten' },
      { type: 'dense', units: 128, activation: 'relu' },
      { type: 'dense', units: 'classes', activation: 'softmax' },
    ],
    loss: 'crossentropy',
    optimizer: like.optimizer,
  };
}
