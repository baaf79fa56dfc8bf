/** Which layers of a model can be looked at. Loads no runtime. */
import type { InspectLayer, KernelShape } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { LayerSpec } from '#shared/model-spec.ts';
import { allLayers, type ResolvedLayer, type ResolvedModel } from '../layers/resolve.ts';
import type { ParameterSpec } from '../layers/types.ts';

const kinds: Partial<Record<LayerSpec['type'], InspectLayer['kind']>> = {
  conv2d: 'conv',
  depthwiseconv2d: 'conv',
  separableconv2d: 'conv',
  conv2dtranspose: 'conv',
  maxpool2d: 'pool',
  averagepool2d: 'pool',
};

/** Layers that a picture may pass through and still be the same picture, number by number. */
const scaling: ReadonlySet<LayerSpec['type']> = new Set([
  'rescaling',
  'normalization',
  'zeropadding2d',
  'upsampling2d',
]);

/** Layers whose output is an image, in the order in which they compute. */
export function imageLayers(model: ResolvedModel): InspectLayer[] {
  const first = model.layers.findIndex(({ spec }) => !scaling.has(spec.type));
  return allLayers(model.layers).flatMap((layer) => {
    const inner = innerLayers(layer);
    const [height, width, channels] = layer.output;
    if (height === undefined || width === undefined || channels === undefined) return inner;
    const { name, className: type, path, spec } = layer;
    const own = {
      name,
      type,
      kind: kinds[spec.type] ?? ('other' as const),
      path,
      height,
      width,
      channels,
      kernels: kernelsOf(layer),
      seesImage: isFirst(path, first),
    };
    return [...inner, own];
  });
}

/** Operators of foreign files; what is none of these is an activation, a normalisation, a joint. */
const innerKinds: Partial<Record<string, InspectLayer['kind']>> = {
  MaxPool: 'pool',
  AveragePool: 'pool',
};

/** What is inside of a pretrained network. */
function innerLayers({ name: inside, path, inner }: ResolvedLayer): InspectLayer[] {
  return inner().map(({ name, op, shape, kernel, seesImage }) => {
    const [height = 1, width = 1, channels = 1] = shape;
    const kernels = kernel ? [kernelShape('conv2d', kernel)] : [];
    const kind = kernel ? 'conv' : (innerKinds[op] ?? 'other');
    return {
      ...{ name: `${inside}/${name}`, type: op, kind, path, inside },
      ...{ height, width, channels, kernels, seesImage },
    };
  });
}

/** Name of a layer's bias in the checkpoint, where it has one. */
export function biasOf({ layers }: ResolvedModel, { name, inside }: InspectLayer): string {
  if (inside === undefined) return `${name}/bias`;
  const network = allLayers(layers).find((layer) => layer.name === inside);
  const value = network?.inner().find((each) => `${inside}/${each.name}` === name);
  return `${inside}/${value?.bias ?? ''}`;
}

/** The first layer, or first in a part of the block that comes first. */
function isFirst(path: readonly number[], first: number): boolean {
  const isPart = (depth: number) => depth % 2 === 1;
  return path.every((number, depth) => isPart(depth) || number === (depth === 0 ? first : 0));
}

function kernelsOf({ spec, parameters }: ResolvedLayer): KernelShape[] {
  if (kinds[spec.type] !== 'conv') return [];
  return parameters
    .filter(({ shape }) => shape.length === 4)
    .map((parameter) => kernelShape(spec.type, parameter));
}

function kernelShape(type: LayerSpec['type'], { name, shape }: ParameterSpec): KernelShape {
  const [first = 1, second = 1, height = 1, width = 1] = shape;
  // The kernel of a transposed convolution is stored by input channel.
  const [filters, channels] = type === 'conv2dtranspose' ? [second, first] : [first, second];
  return { name, filters, channels, height, width };
}

/** @throws AppError NOT_FOUND */
export function requireLayer(model: ResolvedModel, name: string): InspectLayer {
  const layers = imageLayers(model);
  const layer = layers.find((each) => each.name === name);
  if (layer) return layer;
  throw new AppError('NOT_FOUND', `The model has no layer ${name} that gives out images.`, {
    subject: name,
    hint: `It has: ${layers.map((each) => each.name).join(', ')}.`,
  });
}

/** Layers that follow a convolution and keep its places. */
const finishing: ReadonlySet<LayerSpec['type']> = new Set([
  'batchnorm',
  'layernorm',
  'activation',
  'leakyrelu',
  'squeezeexcite',
]);

/**
 * Where Grad-CAM looks unless told: at the last convolution or block, with the normalisation and
 * activation behind it.
 * @throws AppError INVALID_INPUT for a model without images inside
 */
export function camLayer({ layers }: ResolvedModel): string {
  const images = layers.filter(({ output }) => output.length === 3);
  const makes = ({ spec, parts }: ResolvedLayer) => kinds[spec.type] === 'conv' || parts.length > 0;
  let last = images.findLastIndex(makes);
  while (last >= 0 && images[last + 1] && finishing.has(images[last + 1]!.spec.type)) last++;
  const layer = images[last] ?? images.at(-1);
  if (layer) return layer.name;
  // A pretrained network that gives out a list of numbers has images inside.
  const inner = layers.flatMap(innerLayers).findLast(({ height, width }) => height * width > 1);
  if (inner) return inner.name;
  throw new AppError('INVALID_INPUT', 'This model has no layer that gives out images.', {
    hint: 'Look at the saliency or occlusion map instead.',
  });
}
