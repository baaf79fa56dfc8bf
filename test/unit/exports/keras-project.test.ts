import { describe, expect, it } from 'vitest';
import { augmentationSpec, type AugmentationSpec } from '#shared/augmentation.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import { projectSettings } from '#core/exports/keras-project-settings.ts';
import type { StoredRun } from '#core/store/runs.ts';
import { tinySpec } from '../engine/helpers.ts';
import { quick } from '../../helpers/training.ts';

function run(spec: Partial<ModelSpec>, options: Partial<StoredRun['options']> = {}): StoredRun {
  return {
    id: 'r1',
    name: 'tiny',
    notes: '',
    status: 'done',
    createdAt: 0,
    finishedAt: 0,
    options: { ...quick, ...options },
    spec: { ...tinySpec, ...spec },
    classes: ['a', 'b', 'c'].map((name, id) => ({ id, name })),
    parameters: 0,
    engine: null,
    versions: {},
    trainImages: 0,
    validationImages: 0,
    labelRevision: 0,
    seconds: 0,
    error: null,
    ending: null,
    warnings: [],
    job: null,
    owner: { pid: 0, mark: null },
    study: null,
  };
}

const augment = (...operations: object[]): AugmentationSpec =>
  augmentationSpec.parse({ name: 'mine', operations });
const labels = Int32Array.of(0, 0, 0, 1, 2, 2);

describe('settings of a Keras project', () => {
  it('name optimizers as Keras does', () => {
    const optimizerOf = (optimizer: ModelSpec['optimizer']) =>
      projectSettings(run({ optimizer }), labels).settings['optimizer'];
    expect(optimizerOf({ type: 'sgd', momentum: 0.9, nesterov: true, clipNorm: 1 })).toEqual({
      name: 'SGD',
      momentum: 0.9,
      nesterov: true,
      global_clipnorm: 1,
    });
    expect(optimizerOf({ type: 'adamw' })).toMatchObject({ name: 'AdamW', weight_decay: 0.004 });
  });

  it('carry over what Keras does alike, and name the rest', () => {
    const spec = augment(
      { type: 'flip-horizontal', probability: 0.5 },
      { type: 'rotate', range: [-36, 18] },
      { type: 'shift-x', range: [-2, 2], unit: 'pixels' },
      { type: 'zoom', range: [0.8, 1.25] },
      { type: 'flip-vertical', probability: 0.2 },
      { type: 'zoom', range: [0.3, 1] },
      { type: 'blur', range: [0, 1] },
      { type: 'noise', range: [0, 1], on: false },
    );
    const averaging = { decay: 0.99 };
    const { settings, left } = projectSettings(run({}, { augment: spec, averaging }), labels);
    expect(settings['augmentation']).toMatchObject([
      ['RandomFlip', { mode: 'horizontal' }],
      ['RandomRotation', { factor: [-0.1, 0.05], fill_mode: 'nearest' }],
      ['RandomTranslation', { width_factor: [-0.25, 0.25], height_factor: 0 }],
      ['RandomZoom', { height_factor: [-0.19999999999999996, 0.25] }],
    ]);
    expect(left).toEqual(['augmentation: flip-vertical, zoom, blur', 'averaged weights']);
  });

  it('say the head, the loss and the weights of classes in numbers', () => {
    const { settings } = projectSettings(
      run({ classWeights: 'balanced', labelSmoothing: 0.1 }),
      labels,
    );
    expect(settings).toMatchObject({
      head: 'softmax',
      members: 1,
      labelSmoothing: 0.1,
      classes: ['a', 'b', 'c'],
      classWeights: [6 / 9, 2, 1],
    });
  });
});
