/**
 * Knows the usual families of classifiers by what they are made of, and what their pixels are usually
 * given as. A file that says it itself, as those that Fovea writes, is believed.
 */
import { preprocessing as schema, type Preprocessing } from '#shared/preprocessing.ts';
import type { TensorData } from '../graph/types.ts';
import type { ParsedModel, ParsedNode } from './parse.ts';

export interface Family {
  family: string | null;
  preprocessing: Preprocessing | null;
  classes: readonly string[] | null;
}

interface Known extends Pick<ParsedModel, 'producer' | 'input' | 'properties'> {
  nodes: readonly ParsedNode[];
  weights: ReadonlyMap<string, TensorData>;
}

/** Keys of a file's metadata that Fovea writes. */
export const metadataKeys = {
  family: 'fovea.family',
  preprocessing: 'fovea.preprocessing',
  classes: 'fovea.classes',
} as const;

type Pixels = Pick<Preprocessing, 'channels' | 'mean' | 'std'>;

/** torchvision’s, and most models trained with PyTorch. */
const imagenet: Pixels = {
  channels: 'rgb',
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};
/** −1…1: Keras’ and TensorFlow’s MobileNet, Inception and their like. */
const symmetric: Pixels = { channels: 'rgb', mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
/** Keras’ VGG and ResNet: Caffe’s, BGR in 0…255 less the mean. */
const caffe: Pixels = {
  channels: 'bgr',
  mean: [103.939 / 255, 116.779 / 255, 123.68 / 255],
  std: [1 / 255, 1 / 255, 1 / 255],
};
/** Keras’ EfficientNet scales inside: 0…255. */
const bytes: Pixels = { channels: 'rgb', mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] };
/** EfficientNet-Lite: (x − 127) / 128. */
const lite: Pixels = {
  channels: 'rgb',
  mean: [127 / 255, 127 / 255, 127 / 255],
  std: [128 / 255, 128 / 255, 128 / 255],
};

interface Usual {
  size: number;
  pytorch: Pixels;
  tensorflow: Pixels;
}

const usual: Readonly<Record<string, Usual>> = {
  resnet: { size: 224, pytorch: imagenet, tensorflow: caffe },
  vgg: { size: 224, pytorch: imagenet, tensorflow: caffe },
  densenet: { size: 224, pytorch: imagenet, tensorflow: imagenet },
  inception: { size: 299, pytorch: imagenet, tensorflow: symmetric },
  'mobilenet-v2': { size: 224, pytorch: imagenet, tensorflow: symmetric },
  'mobilenet-v3': { size: 224, pytorch: imagenet, tensorflow: bytes },
  'efficientnet-lite': { size: 224, pytorch: lite, tensorflow: lite },
  efficientnet: { size: 224, pytorch: imagenet, tensorflow: bytes },
  vit: { size: 224, pytorch: imagenet, tensorflow: symmetric },
};

export function familyOf(model: Known): Family {
  const said = model.properties.get(metadataKeys.family);
  const family = said ?? shapeOf(model);
  return {
    family,
    preprocessing:
      told(model.properties.get(metadataKeys.preprocessing)) ?? proposed(model, family),
    classes: namesIn(model.properties),
  };
}

function proposed({ producer, input }: Known, family: string | null): Preprocessing | null {
  const known = family === null ? undefined : usual[family];
  if (!known || input.channels !== 3) return null;
  const tensorflow = /tf2onnx|keras|tensorflow/i.test(producer) || input.layout === 'nhwc';
  return {
    height: input.height ?? known.size,
    width: input.width ?? known.size,
    ...(tensorflow ? known.tensorflow : known.pytorch),
  };
}

/** What it is made of. */
function shapeOf({ nodes, weights }: Known): string | null {
  const kernels = nodes
    .filter(({ op }) => op === 'Conv')
    .map(({ inputs, attributes }) => ({
      dims: weights.get(inputs[1] ?? '')?.dims ?? [],
      group: Number(attributes['group'] ?? 1),
    }));
  const count = (...names: string[]) => nodes.filter(({ op }) => names.includes(op)).length;
  const depthwise = kernels.filter(({ dims, group }) => group > 1 && dims[1] === 1);
  const [first] = kernels;
  if (count('LayerNormalization', 'Softmax') >= 6 && kernels.length === 1) return 'vit';
  if (depthwise.length >= 6) {
    if (count('HardSwish', 'HardSigmoid') >= 6) return 'mobilenet-v3';
    if (count('Sigmoid', 'Swish') >= 6) return 'efficientnet';
    if (count('Clip', 'Min') >= 6) {
      const wide = depthwise.some(({ dims }) => (dims[2] ?? 0) > 3);
      return wide ? 'efficientnet-lite' : 'mobilenet-v2';
    }
    return null;
  }
  if (kernels.length >= 60 && count('Concat') >= 9) {
    return count('Concat') > 30 ? 'densenet' : 'inception';
  }
  if (first?.dims[2] === 7 && count('Add', 'Sum') >= 6) return 'resnet';
  const plain = kernels.length >= 8 && kernels.length <= 16 && count('Add', 'Concat') === 0;
  if (plain && kernels.every(({ dims }) => dims[2] === 3) && count('MaxPool') === 5) return 'vgg';
  return null;
}

function parsed(text: string | undefined): unknown {
  if (text === undefined || text.length > 1_000_000) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function told(text: string | undefined): Preprocessing | null {
  return schema.safeParse(parsed(text)).data ?? null;
}

function namesIn(properties: ReadonlyMap<string, string>): readonly string[] | null {
  for (const key of [metadataKeys.classes, 'classes', 'class_names', 'labels', 'names']) {
    const value = parsed(properties.get(key));
    if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value;
  }
  return null;
}
