/** Layers that change an image without learning: padding, up-sampling, scaling of its numbers. */
import type { LayerSpec } from '#shared/model-spec.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import type { Value } from '../graph/types.ts';
import { imageInput, modelError } from './errors.ts';
import type { LayerDef, LayerPlace } from './types.ts';

type Spec<Type extends LayerSpec['type']> = Extract<LayerSpec, { type: Type }>;

export const zeroPadding2d: LayerDef<Spec<'zeropadding2d'>> = {
  className: 'ZeroPadding2D',
  autoName: 'zero_padding2d',
  output({ padding: [[top, bottom], [left, right]] }, place) {
    const [height, width, channels] = imageInput(place);
    return [height + top + bottom, width + left + right, channels];
  },
  parameters: () => [],
  build: ({ b }, { padding: [[top, bottom], [left, right]] }, x) =>
    b.op('Pad', [x, b.ints([0, 0, top, left, 0, 0, bottom, right])]),
  activation: () => 'linear',
};

export const upSampling2d: LayerDef<Spec<'upsampling2d'>> = {
  className: 'UpSampling2D',
  autoName: 'up_sampling2d',
  output({ size }, place) {
    const [height, width, channels] = imageInput(place);
    return [height * size[0], width * size[1], channels];
  },
  parameters: () => [],
  build({ b }, { size, interpolation }, x, place) {
    const image = imageInput(place);
    return interpolation === 'bilinear' ? bilinear(b, x, image, size) : repeat(b, x, image, size);
  },
  activation: () => 'linear',
};

type Image = readonly [height: number, width: number, channels: number];
type Factors = readonly [number, number];

/** Between pixel centres, as Keras and PyTorch without aligned corners. */
function bilinear(b: GraphBuilder, x: Value, [height, width]: Image, factors: Factors): Value {
  const sizes = b.ints([height * factors[0], width * factors[1]]);
  return b.op('Resize', [x, null, null, sizes], {
    mode: 'linear',
    coordinate_transformation_mode: 'half_pixel',
    axes: [2, 3],
  });
}

/**
 * Nearest neighbour by whole factors, as Reshape and Expand: plain copies, whose gradient is a sum
 * over the copies.
 */
function repeat(
  b: GraphBuilder,
  x: Value,
  [height, width, channels]: Image,
  [down, right]: Factors,
): Value {
  const apart = b.reshape(x, [0, channels, height, 1, width, 1]);
  const copied = b.op('Expand', [apart, b.ints([1, 1, 1, down, 1, right])]);
  return b.reshape(copied, [0, channels, height * down, width * right]);
}

export const rescaling: LayerDef<Spec<'rescaling'>> = {
  className: 'Rescaling',
  autoName: 'rescaling',
  output: (_spec, place) => place.input,
  parameters: () => [],
  build({ b }, { scale, offset = 0 }, x) {
    const scaled = b.op('Mul', [x, b.scalar(scale)]);
    return offset === 0 ? scaled : b.op('Add', [scaled, b.scalar(offset)]);
  },
  activation: () => 'linear',
};

/** A constant for each channel, [1, C, 1, 1] or [1, C]. */
function perChannel(b: GraphBuilder, x: Value, numbers: readonly number[]): Value {
  const dims = x.shape.length === 4 ? [1, numbers.length, 1, 1] : [1, numbers.length];
  return b.tensor({ dtype: 'float32', dims, data: Float32Array.from(numbers) });
}

function checkNumbers(place: LayerPlace, what: string, numbers: readonly number[]): void {
  const channels = place.input.at(-1) ?? 1;
  if (numbers.length === 1 || numbers.length === channels) return;
  throw modelError(
    place.name,
    `${place.name}: ${numbers.length} numbers as ${what} do not fit ${channels} channels.`,
    'Give one number for each channel, or one for all.',
  );
}

export const normalization: LayerDef<Spec<'normalization'>> = {
  className: 'Normalization',
  autoName: 'normalization',
  output(spec, place) {
    checkNumbers(place, 'mean', spec.mean);
    checkNumbers(place, 'variance', spec.variance);
    return place.input;
  },
  parameters: () => [],
  build({ b }, spec, x) {
    const centred = b.op('Sub', [x, perChannel(b, x, spec.mean)]);
    const scales = spec.variance.map((variance) => 1 / Math.sqrt(variance));
    return b.op('Mul', [centred, perChannel(b, x, scales)]);
  },
  activation: () => 'linear',
};
