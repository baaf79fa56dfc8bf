/** Sandler et al. (2018) at width 1, as Keras has it. */
import type { LayerSpec } from '../model-spec.ts';
import type { Preset } from './types.ts';

const input = { height: 224, width: 224, channels: 3 } as const;
const batchnorm: LayerSpec = { type: 'batchnorm', momentum: 0.999, epsilon: 1e-3 };
const relu6: LayerSpec = { type: 'activation', activation: 'relu6' };

function pointwise(filters: number): LayerSpec[] {
  return [{ type: 'conv2d', filters, kernel: [1, 1], bias: false }, batchnorm];
}

/** Expansion, depthwise convolution, projection; with a shortcut where the shape stays. */
function inverted(channels: number, filters: number, stride: number, expand: number): LayerSpec[] {
  const body: LayerSpec[] = [
    ...(expand > 1 ? [...pointwise(channels * expand), relu6] : []),
    {
      type: 'depthwiseconv2d',
      kernel: [3, 3],
      strides: [stride, stride],
      padding: 'same',
      bias: false,
    },
    batchnorm,
    relu6,
    ...pointwise(filters),
  ];
  return stride === 1 && channels === filters ? [{ type: 'residual', body }] : body;
}

/** [expansion, filters, blocks, stride of the first] */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

function blocks(): LayerSpec[] {
  let channels = 32;
  return stages.flatMap(([expand, filters, count, stride]) =>
    Array.from({ length: count }, (_, index) => {
      const layers = inverted(channels, filters, index === 0 ? stride : 1, expand);
      channels = filters;
      return layers;
    }).flat(),
  );
}

export const mobilenetV2: Preset = {
  classes: 1000,
  info: {
    id: 'mobilenet-v2',
    name: 'MobileNetV2',
    group: 'Architectures',
    description: 'Depthwise convolutions in inverted residuals: few parameters for its depth.',
    input,
    parameters: 3_538_984,
    defaults: { epochs: 20, batch: 32, learningRate: 1e-3, trainLimit: null },
  },
  spec: {
    name: 'mobilenet-v2',
    input,
    layers: [
      {
        type: 'conv2d',
        filters: 32,
        kernel: [3, 3],
        strides: [2, 2],
        padding: 'same',
        bias: false,
      },
      batchnorm,
      relu6,
      ...blocks(),
      ...pointwise(1280),
      relu6,
      { type: 'globalaveragepool2d' },
      { type: 'dense', units: 'classes', activation: 'softmax' },
    ],
    loss: 'crossentropy',
    optimizer: { type: 'adam' },
  },
};
