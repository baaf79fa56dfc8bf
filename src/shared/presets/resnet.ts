/**
 * He et al. (2015), as PyTorch has them: padding on both sides, batch normalisation with momentum
 * 0.9 and ε = 1e-5, strides in the 3×3 convolution of a bottleneck. PyTorch's published counts are
 * the trainable ones; `parameters` counts the moving averages too, as Keras does.
 */
import type { LayerSpec, ModelSpec } from '../model-spec.ts';
import type { Preset } from './types.ts';

type Input = ModelSpec['input'];

function conv(filters: number, kernel: number, stride = 1): LayerSpec[] {
  const around = (kernel - 1) / 2;
  return [
    {
      type: 'conv2d',
      filters,
      kernel: [kernel, kernel],
      strides: [stride, stride],
      padding: [around, around],
      bias: false,
      kernelInitializer: 'heNormal',
    },
    { type: 'batchnorm', momentum: 0.9, epsilon: 1e-5 },
  ];
}

const relu: LayerSpec = { type: 'activation', activation: 'relu' };

/** Two 3×3 convolutions, or 1×1, 3×3 and 1×1 with four times the filters at the end. */
function block(filters: number, stride: number, bottleneck: boolean, widens: boolean): LayerSpec {
  const out = bottleneck ? filters * 4 : filters;
  const body = bottleneck
    ? [...conv(filters, 1), relu, ...conv(filters, 3, stride), relu, ...conv(out, 1)]
    : [...conv(filters, 3, stride), relu, ...conv(out, 3)];
  const shortcut = widens || stride > 1 ? conv(out, 1, stride) : undefined;
  return { type: 'residual', body, ...(shortcut ? { shortcut } : {}), activation: 'relu' };
}

function layersOf(blocks: readonly number[], bottleneck: boolean): LayerSpec[] {
  return [
    ...conv(64, 7, 2),
    relu,
    { type: 'maxpool2d', size: [3, 3], strides: [2, 2], padding: [1, 1] },
    ...blocks.flatMap((count, stage) =>
      Array.from({ length: count }, (_, index) =>
        block(
          64 * 2 ** stage,
          stage > 0 && index === 0 ? 2 : 1,
          bottleneck,
          bottleneck && index === 0,
        ),
      ),
    ),
    { type: 'globalaveragepool2d' },
    { type: 'dense', units: 'classes', activation: 'softmax' },
  ];
}

interface Variant {
  id: string;
  name: string;
  description: string;
  parameters: number;
  blocks: readonly number[];
  bottleneck?: boolean;
  input?: Input;
  classes?: number;
}

function resnet({ id, name, description, parameters, ...variant }: Variant): Preset {
  const { input = { height: 224, width: 224, channels: 3 }, classes = 1000 } = variant;
  return {
    classes,
    info: {
      id,
      name,
      group: 'Architectures',
      description,
      input,
      parameters,
      defaults: { epochs: 10, batch: 32, learningRate: 1e-3, trainLimit: null },
    },
    spec: {
      name: id,
      input,
      layers: layersOf(variant.blocks, variant.bottleneck ?? false),
      loss: 'crossentropy',
      optimizer: { type: 'adam' },
      counting: 'pytorch',
    },
  };
}

export const resnets: readonly Preset[] = [
  resnet({
    id: 'resnet-18-grey',
    name: 'ResNet-18, grey',
    description: 'ResNet-18 for small grey images, with one input channel.',
    parameters: 11_175_370,
    blocks: [2, 2, 2, 2],
    input: { height: 28, width: 28, channels: 1 },
    classes: 10,
  }),
  resnet({
    id: 'resnet-18',
    name: 'ResNet-18',
    description: 'Residual blocks of two convolutions; the smallest of its family.',
    parameters: 11_689_512,
    blocks: [2, 2, 2, 2],
  }),
  resnet({
    id: 'resnet-34',
    name: 'ResNet-34',
    description: 'As ResNet-18 with twice the blocks.',
    parameters: 21_797_672,
    blocks: [3, 4, 6, 3],
  }),
  resnet({
    id: 'resnet-50',
    name: 'ResNet-50',
    description: 'Residual blocks of three convolutions with a narrow middle.',
    parameters: 25_557_032,
    blocks: [3, 4, 6, 3],
    bottleneck: true,
  }),
];
