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
    const [height, width, channels] = layer.output;
    if (height === undefined || width === undefined || channels === undefined) return [];
    const { name, className: type, path, spec } = layer;
    return {
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
  });
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
    .map((parameter) => kernelShape(spec, parameter));
}

function kernelShape(spec: LayerSpec, { name, shape }: ParameterSpec): KernelShape {
  const [first = 1, second = 1, height = 1, width = 1] = shape;
  // The kernel of a transposed convolution is stored by input channel.
  const [filters, channels] = spec.type === 'conv2dtranspose' ? [second, first] : [first, second];
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
  throw new AppError('INVALID_INPUT', 'This model has no layer that gives out images.', {
    hint: 'Look at the saliency or occlusion map instead.',
  });
}
