/** Szegedy et al. (2015), as Keras has it: batch normalisation without scale, blocks named mixed…. */
import type { LayerSpec } from '../model-spec.ts';
import type { Preset } from './types.ts';

const input = { height: 299, width: 299, channels: 3 } as const;

function conv(
  filters: number,
  kernel: [number, number],
  { strides = 1, padding = 'same' }: { strides?: number; padding?: 'same' | 'valid' } = {},
): LayerSpec[] {
  return [
    { type: 'conv2d', filters, kernel, strides: [strides, strides], padding, bias: false },
    { type: 'batchnorm', scale: false },
    { type: 'activation', activation: 'relu' },
  ];
}

const halving = { strides: 2, padding: 'valid' } as const;
const maxPool: LayerSpec = { type: 'maxpool2d', size: [3, 3], strides: [2, 2] };
const averagePool: LayerSpec = {
  type: 'averagepool2d',
  size: [3, 3],
  strides: [1, 1],
  padding: 'same',
};

function mixed(index: number | string, branches: LayerSpec[][]): LayerSpec {
  return { type: 'branches', name: `mixed${index}`, merge: 'concat', branches };
}

/** 35×35 */
const wide = (index: number, pooled: number): LayerSpec =>
  mixed(index, [
    conv(64, [1, 1]),
    [...conv(48, [1, 1]), ...conv(64, [5, 5])],
    [...conv(64, [1, 1]), ...conv(96, [3, 3]), ...conv(96, [3, 3])],
    [averagePool, ...conv(pooled, [1, 1])],
  ]);

/** 17×17, with 7×7 kernels taken apart. */
const middle = (index: number, filters: number): LayerSpec =>
  mixed(index, [
    conv(192, [1, 1]),
    [...conv(filters, [1, 1]), ...conv(filters, [1, 7]), ...conv(192, [7, 1])],
    [
      ...conv(filters, [1, 1]),
      ...conv(filters, [7, 1]),
      ...conv(filters, [1, 7]),
      ...conv(filters, [7, 1]),
      ...conv(192, [1, 7]),
    ],
    [averagePool, ...conv(192, [1, 1])],
  ]);

/** 8×8 */
function narrow(index: number): LayerSpec {
  const both = (): LayerSpec => ({
    type: 'branches',
    merge: 'concat',
    branches: [conv(384, [1, 3]), conv(384, [3, 1])],
  });
  return mixed(index, [
    conv(320, [1, 1]),
    [...conv(384, [1, 1]), both()],
    [...conv(448, [1, 1]), ...conv(384, [3, 3]), both()],
    [averagePool, ...conv(192, [1, 1])],
  ]);
}

export const inceptionV3: Preset = {
  classes: 1000,
  info: {
    id: 'inception-v3',
    name: 'Inception-v3',
    group: 'Architectures',
    description: 'Parallel branches of convolutions with small and taken-apart kernels.',
    input,
    parameters: 23_851_784,
    defaults: { epochs: 10, batch: 16, learningRate: 1e-3, trainLimit: null },
  },
  spec: {
    name: 'inception-v3',
    input,
    layers: [
      ...conv(32, [3, 3], halving),
      ...conv(32, [3, 3], { padding: 'valid' }),
      ...conv(64, [3, 3]),
      maxPool,
      ...conv(80, [1, 1], { padding: 'valid' }),
      ...conv(192, [3, 3], { padding: 'valid' }),
      maxPool,
      wide(0, 32),
      wide(1, 64),
      wide(2, 64),
      mixed(3, [
        conv(384, [3, 3], halving),
        [...conv(64, [1, 1]), ...conv(96, [3, 3]), ...conv(96, [3, 3], halving)],
        [maxPool],
      ]),
      middle(4, 128),
      middle(5, 160),
      middle(6, 160),
      middle(7, 192),
      mixed(8, [
        [...conv(192, [1, 1]), ...conv(320, [3, 3], halving)],
        [
          ...conv(192, [1, 1]),
          ...conv(192, [1, 7]),
          ...conv(192, [7, 1]),
          ...conv(192, [3, 3], halving),
        ],
        [maxPool],
      ]),
      narrow(9),
      narrow(10),
      { type: 'globalaveragepool2d', name: 'avg_pool' },
      { type: 'dense', name: 'predictions', units: 'classes', activation: 'softmax' },
    ],
    loss: 'crossentropy',
    optimizer: { type: 'adam' },
  },
};
