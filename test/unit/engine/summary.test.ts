import { describe, expect, it } from 'vitest';
import { AppError } from '#shared/errors.ts';
import { splice } from '#shared/layer-tree.ts';
import type { LayerSpec, ModelSpec } from '#shared/model-spec.ts';
import { modelSpec } from '#shared/model-spec.ts';
import { findPreset, presets } from '#shared/presets/index.ts';
import { checkModel, summarize } from '#core/engine/layers/summary.ts';

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

/** Published counts: parameters as their authors count them, and the trainable ones. */
const counts: Record<string, [all: number, trainable: number]> = {
  'cifar-simple': [4_200_842, 4_200_842],
  'fashion-small-aug': [266_986, 266_986],
  'fashion-small-crop': [167_114, 167_114],
  'cifar-deep': [1_676_842, 1_676_842],
  'cifar-deep-aug': [1_676_842, 1_676_842],
  'cifar-bn': [238_666, 238_282],
  'cats-dogs': [9_494_561, 9_494_561],
  'cats-dogs-aug': [9_494_561, 9_494_561],
  'rock-paper-scissors': [3_473_475, 3_473_475],
  // PyTorch does not count moving averages.
  'resnet-18-grey': [11_175_370, 11_175_370],
  'resnet-18': [11_689_512, 11_689_512],
  'resnet-34': [21_797_672, 21_797_672],
  'resnet-50': [25_557_032, 25_557_032],
  'mobilenet-v2': [3_538_984, 3_504_872],
  'inception-v3': [23_851_784, 23_817_352],
  'vgg-16': [138_357_544, 138_357_544],
};

describe('presets', () => {
  it('are the published ones', () => {
    expect(presets.map(({ info }) => info.id).sort()).toEqual(
      [...Object.keys(published), ...Object.keys(counts)].sort(),
    );
  });

  it('are offered group by group', () => {
    const groups = presets.map(({ info }) => info.group);
    const changes = groups.filter((group, index) => group !== groups[index - 1]);
    expect(changes).toEqual([...new Set(groups)]);
  });

  it.each(presets.map((preset) => [preset.info.id, preset] as const))(
    '%s says what its spec is, and survives JSON',
    (id, { spec, info, classes }) => {
      const { parameters, trainable } = summarize(spec, classes);
      expect(info).toMatchObject({ id: spec.name, parameters, input: spec.input });
      const [all, learned] = counts[id] ?? [parameters, parameters];
      expect([parameters, trainable]).toEqual([all, learned]);
      expect(modelSpec.parse(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
    },
  );

  it('have the feature shapes of their papers', () => {
    const shapes = (id: string) => {
      const { spec, classes } = findPreset(id)!;
      return new Map(summarize(spec, classes).layers.map(({ name, output }) => [name, output]));
    };
    expect(shapes('vgg-16').get('block4_pool')).toEqual([14, 14, 512]);
    expect(shapes('resnet-50').get('add_15')).toEqual([7, 7, 2048]);
    expect(shapes('resnet-18').get('max_pooling2d')).toEqual([56, 56, 64]);
    const inception = shapes('inception-v3');
    expect(inception.get('mixed2')).toEqual([35, 35, 288]);
    expect(inception.get('mixed7')).toEqual([17, 17, 768]);
    expect(inception.get('mixed10')).toEqual([8, 8, 2048]);
    expect(shapes('mobilenet-v2').get('global_average_pooling2d')).toEqual([1280]);
  });

  it('explains that one sigmoid is for two classes', () => {
    expect(() => summarize(findPreset('cats-dogs')!.spec, 3)).toThrow(
      'The last layer, dense_1, gives one number, which tells two classes apart; there are 3.',
    );
  });

  it.each(Object.entries(published))('%s has the published shapes', (id, expected) => {
    const preset = findPreset(id)!;
    const summary = summarize(preset.spec, preset.classes);
    expect(summary.parameters).toBe(expected.parameters);
    expect(Object.fromEntries(summary.layers.map(({ name, output }) => [name, output]))).toEqual(
      expected.layers,
    );
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

  it('counts moving averages beside the parameters where PyTorch published them', () => {
    const { spec, classes } = findPreset('resnet-18-grey')!;
    const torch = summarize(spec, classes);
    expect(torch).toMatchObject({ counting: 'pytorch', movingAverages: 9_600 });
    const keras = summarize({ ...spec, counting: 'keras' }, classes);
    expect(keras).toMatchObject({ parameters: 11_184_970, trainable: 11_175_370 });
    for (const { layers, parameters } of [torch, keras]) {
      expect(layers.reduce((sum, layer) => sum + layer.parameters, 0)).toBe(parameters);
    }
  });

  it('does not count frozen layers as trainable', () => {
    const conv: LayerSpec = { type: 'conv2d', filters: 4, kernel: [3, 3] };
    const frozen = summarize(
      model([
        { ...conv, trainable: false },
        { type: 'residual', trainable: false, body: [{ type: 'batchnorm' }] },
        { type: 'flatten' },
        head,
      ]),
      10,
    );
    expect(frozen.layers.map(({ name, trainable }) => [name, trainable])).toEqual([
      ['conv2d', 0],
      ['batch_normalization', 0],
      ['add', 0],
      ['flatten', 0],
      ['dense', 27_050],
    ]);
    expect(frozen.parameters).toBe(40 + 16 + 27_050);
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

  it('counts names through blocks and lists them before the row that joins them', () => {
    const small: LayerSpec = { type: 'conv2d', filters: 4, kernel: [3, 3], padding: 'same' };
    const one: LayerSpec = { type: 'conv2d', filters: 4, kernel: [1, 1] };
    const { layers, macs } = summarize(
      model([
        small,
        { type: 'residual', body: [small, small], shortcut: [one], activation: 'relu' },
        { type: 'branches', merge: 'concat', branches: [[], [one]] },
        { type: 'globalaveragepool2d' },
        head,
      ]),
      10,
    );
    const rows = layers.map(({ depth, name, type, output, macs }) => [
      depth,
      name,
      type,
      output.join('×'),
      macs,
    ]);
    const pixels = 28 * 28;
    expect(rows).toEqual([
      [0, 'conv2d', 'Conv2D', '28×28×4', pixels * 9 * 4],
      [1, 'conv2d_1', 'Conv2D', '28×28×4', pixels * 9 * 16],
      [1, 'conv2d_2', 'Conv2D', '28×28×4', pixels * 9 * 16],
      [1, 'conv2d_3', 'Conv2D', '28×28×4', pixels * 16],
      [0, 'add', 'Add', '28×28×4', 0],
      [1, 'conv2d_4', 'Conv2D', '28×28×4', pixels * 16],
      [0, 'concatenate', 'Concatenate', '28×28×8', 0],
      [0, 'global_average_pooling2d', 'GlobalAveragePooling2D', '8', 0],
      [0, 'dense', 'Dense', '10', 80],
    ]);
    expect(macs).toBe(pixels * (36 + 144 + 144 + 16 + 16) + 80);
  });

  it('counts parameters and multiply-adds of each layer as Keras and PyTorch do', () => {
    const image = { height: 8, width: 8, channels: 3 as const };
    const cases: [LayerSpec, number[], number, number][] = [
      [{ type: 'conv2d', filters: 6, kernel: [3, 3], groups: 3 }, [6, 6, 6], 60, 36 * 54],
      [{ type: 'conv2d', filters: 2, kernel: [3, 3], dilation: [2, 2] }, [4, 4, 2], 56, 16 * 54],
      [{ type: 'conv2d', filters: 2, kernel: [7, 7], padding: [3, 3] }, [8, 8, 2], 296, 64 * 294],
      [{ type: 'depthwiseconv2d', kernel: [3, 3], multiplier: 2 }, [6, 6, 6], 60, 36 * 54],
      [{ type: 'separableconv2d', filters: 5, kernel: [3, 3] }, [6, 6, 5], 47, 36 * (27 + 15)],
      [
        { type: 'conv2dtranspose', filters: 5, kernel: [3, 3], strides: [2, 2], padding: 'same' },
        [16, 16, 5],
        140,
        64 * 135,
      ],
      [{ type: 'layernorm' }, [8, 8, 3], 6, 0],
      [{ type: 'batchnorm', scale: false }, [8, 8, 3], 9, 0],
      [{ type: 'squeezeexcite', ratio: 3 }, [8, 8, 3], 10, 6],
      [{ type: 'globalmaxpool2d' }, [3], 0, 0],
      [{ type: 'spatialdropout2d', rate: 0.5 }, [8, 8, 3], 0, 0],
    ];
    for (const [layer, output, parameters, macs] of cases) {
      const flat: LayerSpec[] = layer.type === 'globalmaxpool2d' ? [] : [{ type: 'flatten' }];
      const [row] = summarize(model([layer, ...flat, head], image), 10).layers;
      expect(row, layer.type).toMatchObject({ output, parameters, macs });
    }
  });

  const conv = { type: 'conv2d', filters: 4, kernel: [3, 3] } satisfies LayerSpec;
  const mistakes: [string, LayerSpec[], string, string][] = [
    [
      'dense after an image',
      [conv, conv, head],
      'dense',
      'dense cannot follow conv2d_1: flatten first.',
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
      'sigmoid before a softmax loss',
      [{ type: 'flatten' }, { type: 'dense', units: 'classes', activation: 'sigmoid' }],
      'dense',
      'The last layer, dense, must end in softmax; it ends in sigmoid.',
    ],
    [
      'parts that cannot be added',
      [{ type: 'residual', body: [conv] }, { type: 'flatten' }, head],
      'add',
      'add cannot add 26×26×4 and 28×28×1: all parts must have the same shape.',
    ],
    [
      'parts that cannot be joined',
      [{ type: 'branches', merge: 'concat', branches: [[conv], []] }, { type: 'flatten' }, head],
      'concatenate',
      'concatenate cannot join 26×26×4 and 28×28×1: all parts must have the same height and width.',
    ],
    [
      'groups that do not divide the channels',
      [{ ...conv, groups: 3 }, { type: 'flatten' }, head],
      'conv2d',
      'conv2d: its 1 input channels and 4 filters must both be divisible by its 3 groups.',
    ],
    [
      'a dilated kernel larger than its input',
      [{ ...conv, dilation: [20, 1] }, { type: 'flatten' }, head],
      'conv2d',
      'conv2d: a 3×3 kernel, spread over 41×3, does not fit its 28×28 input.',
    ],
    [
      'a mean of other channels',
      [{ type: 'normalization', mean: [1, 2], variance: [1] }, { type: 'flatten' }, head],
      'normalization',
      'normalization: 2 numbers as mean do not fit 1 channels.',
    ],
    [
      'the same name twice, once within a block',
      [
        { ...conv, name: 'a' },
        { type: 'residual', body: [{ type: 'activation', activation: 'relu', name: 'a' }] },
        { type: 'flatten' },
        head,
      ],
      'a',
      'Two layers are called a.',
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
    expect(checkModel(model(layers), 10).problem).toMatchObject({ message });
  });

  it('works out what comes before a problem, and where it is inside blocks', () => {
    const inner: LayerSpec[] = [conv, { type: 'dense', units: 3 }];
    const { summary, problem } = checkModel(
      model([
        conv,
        { type: 'branches', merge: 'concat', branches: [[], inner] },
        { type: 'flatten' },
        head,
      ]),
      10,
    );
    expect(summary.layers.map(({ path, output }) => [path, output])).toEqual([
      [[0], [26, 26, 4]],
      [
        [1, 1, 0],
        [24, 24, 4],
      ],
    ]);
    expect(problem?.path).toEqual([1, 1, 1]);
  });

  it.each(mistakes)('%s: what it offers to do about it helps', (_name, layers) => {
    const spec = model(layers);
    const problem = checkModel(spec, 10).problem!;
    if (!problem.fix) return;
    const { where, layers: put } = problem.fix;
    const path = [...problem.path];
    if (where === 'after') path.push((path.pop() ?? 0) + 1);
    const mended = splice(layers, path, where === 'replace' ? 1 : 0, put);
    expect(checkModel({ ...spec, layers: mended }, 10).problem?.message).not.toBe(problem.message);
  });

  it('offers a remedy for what is obvious', () => {
    const labels = mistakes.map(([name, layers]) => [
      name,
      checkModel(model(layers), 10).problem?.fix?.label,
    ]);
    expect(Object.fromEntries(labels)).toMatchObject({
      'dense after an image': 'Insert flatten',
      'a kernel larger than its input': "Use 'same' padding",
      'a pool larger than its input': "Use 'same' padding",
      'too few outputs': 'Give one output a class',
      'no softmax at the end': 'End in softmax',
      'the same name twice': 'Name it by itself',
    });
  });

  it('puts a convolution on the shortcut of a block that changes the shape', () => {
    const strided: LayerSpec = {
      type: 'conv2d',
      filters: 8,
      kernel: [3, 3],
      strides: [2, 2],
      padding: 'same',
    };
    const layers: LayerSpec[] = [
      { type: 'residual', body: [strided, { ...strided, strides: [1, 1] }] },
      { type: 'flatten' },
      head,
    ];
    const { fix } = checkModel(model(layers), 10).problem!;
    expect(fix?.label).toBe('Put a 1×1 convolution on the shortcut');
    const mended = splice(layers, [0], 1, fix!.layers);
    expect(checkModel(model(mended), 10).problem).toBeNull();
  });

  it('explains that nothing would be learned', () => {
    const { problem } = checkModel(model([{ type: 'flatten' }, { ...head, trainable: false }]), 10);
    expect(problem).toMatchObject({ path: [], message: 'No layer of test has anything to learn.' });
  });
});
