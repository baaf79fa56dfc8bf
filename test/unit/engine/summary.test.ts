import { describe, expect, it } from 'vitest';
import { AppError } from '#shared/errors.ts';
import type { LayerSpec, ModelSpec } from '#shared/model-spec.ts';
import { modelSpec } from '#shared/model-spec.ts';
import { findPreset, presets } from '#shared/presets/index.ts';
import { summarize } from '#core/engine/layers/summary.ts';

/** From the published models: layer → output shape, in order, and parameters with ten classes. */
const published: Record<string, { parameters: number; layers: Record<string, number[]> }> = {
  'fashion-cnn': {
    parameters: 167_114,
    layers: {
      conv2d: [26, 26, 32],
      max_pooling2d: [13, 13, 32],
      conv2d_1: [11, 11, 64],
      max_pooling2d_1: [5, 5, 64],
      conv2d_2: [3, 3, 128],
      flatten: [1152],
      dense: [64],
      dense_1: [10],
    },
  },
  'fashion-small': {
    parameters: 266_986,
    layers: {
      conv2d: [26, 26, 32],
      max_pooling2d: [13, 13, 32],
      conv2d_1: [11, 11, 64],
      flatten: [7744],
      dense: [32],
      dense_1: [10],
    },
  },
  lenet: {
    parameters: 1_256_080,
    layers: {
      conv2d: [28, 28, 20],
      max_pooling2d: [14, 14, 20],
      conv2d_1: [14, 14, 50],
      max_pooling2d_1: [7, 7, 50],
      flatten: [2450],
      dense: [500],
      dense_1: [10],
    },
  },
  'course-28': {
    parameters: 243_786,
    layers: {
      conv2d: [26, 26, 64],
      max_pooling2d: [13, 13, 64],
      conv2d_1: [11, 11, 64],
      max_pooling2d_1: [5, 5, 64],
      flatten: [1600],
      dense: [128],
      dense_1: [10],
    },
  },
};

describe('presets', () => {
  it('are the published ones', () => {
    expect(presets.map(({ info }) => info.id).sort()).toEqual(Object.keys(published).sort());
  });

  it.each(Object.entries(published))('%s has the published shapes and count', (id, expected) => {
    const preset = findPreset(id)!;
    const summary = summarize(preset.spec, preset.classes);
    expect(summary.parameters).toBe(expected.parameters);
    expect(summary.trainable).toBe(expected.parameters);
    expect(preset.info.parameters).toBe(expected.parameters);
    expect(preset.info.input).toEqual(preset.spec.input);
    expect(Object.fromEntries(summary.layers.map(({ name, output }) => [name, output]))).toEqual(
      expected.layers,
    );
    expect(modelSpec.parse(preset.spec)).toEqual(preset.spec);
  });
});

function model(
  layers: LayerSpec[],
  input = { height: 28, width: 28, channels: 1 as 1 | 3 },
): ModelSpec {
  return { name: 'test', input, layers, loss: 'crossentropy', optimizer: { type: 'adam' } };
}

const head: LayerSpec = { type: 'dense', units: 'classes', activation: 'softmax' };

describe('summary', () => {
  it('counts moving averages as parameters that are not trained', () => {
    // cifar-bn's published count, with its sigmoid head written as softmax.
    const summary = summarize(
      model(
        [
          { type: 'conv2d', filters: 64, kernel: [9, 9], strides: [2, 2], activation: 'relu' },
          { type: 'maxpool2d', size: [2, 2] },
          { type: 'batchnorm' },
          { type: 'conv2d', filters: 128, kernel: [3, 3], activation: 'relu' },
          { type: 'maxpool2d', size: [2, 2] },
          { type: 'batchnorm' },
          { type: 'flatten' },
          { type: 'dropout', rate: 0.5 },
          { type: 'dense', units: 256, activation: 'relu' },
          { type: 'dropout', rate: 0.2 },
          { type: 'dense', units: 64, activation: 'relu' },
          { type: 'dropout', rate: 0.1 },
          head,
        ],
        { height: 32, width: 32, channels: 3 },
      ),
      10,
    );
    expect([summary.parameters, summary.trainable]).toEqual([238_666, 238_282]);
  });

  it('gives automatic names that do not collide with given ones', () => {
    const { layers } = summarize(
      model([
        { type: 'conv2d', filters: 1, kernel: [1, 1], name: 'conv2d_1' },
        { type: 'conv2d', filters: 1, kernel: [1, 1] },
        { type: 'conv2d', filters: 1, kernel: [1, 1] },
        { type: 'flatten' },
        head,
      ]),
      2,
    );
    expect(layers.map(({ name }) => name)).toEqual([
      'conv2d_1',
      'conv2d',
      'conv2d_2',
      'flatten',
      'dense',
    ]);
  });

  const conv: LayerSpec = { type: 'conv2d', filters: 4, kernel: [3, 3] };
  const mistakes: [string, LayerSpec[], string, string][] = [
    [
      'dense after an image',
      [conv, conv, head],
      'dense',
      'dense needs a flat input: flatten after conv2d_1 first.',
    ],
    [
      'convolution after flatten',
      [{ type: 'flatten' }, conv, head],
      'conv2d',
      'conv2d needs an image, but flatten gives 784 numbers.',
    ],
    [
      'a kernel larger than its input',
      [{ type: 'maxpool2d', size: [14, 14] }, conv, { type: 'flatten' }, head],
      'conv2d',
      'conv2d: a 3×3 kernel does not fit its 2×2 input.',
    ],
    [
      'a pool larger than its input',
      [{ type: 'maxpool2d', size: [30, 2] }, { type: 'flatten' }, head],
      'max_pooling2d',
      'max_pooling2d: a 30×2 pool does not fit its 28×28 input.',
    ],
    [
      'too few outputs',
      [{ type: 'flatten' }, { type: 'dense', units: 7 }],
      'dense',
      'The last layer, dense, must give one output for each of the 10 classes; it gives 7 outputs.',
    ],
    [
      'no softmax at the end',
      [{ type: 'flatten' }, { type: 'dense', units: 'classes', activation: 'relu' }],
      'dense',
      'The last layer, dense, must end in softmax; it ends in relu.',
    ],
    [
      'the same name twice',
      [{ ...conv, name: 'a' }, { type: 'flatten', name: 'a' }, head],
      'a',
      'Two layers are called a.',
    ],
  ];
  it.each(mistakes)('explains %s at its layer', (_name, layers, subject, message) => {
    let caught: unknown;
    try {
      summarize(model(layers), 10);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(AppError);
    expect(caught).toMatchObject({ code: 'MODEL_INVALID', subject, message });
  });
});
