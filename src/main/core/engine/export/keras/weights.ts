/** The engine's parameters in Keras' order of axes, and back. */
import type { ParameterValues } from '../../programs/parameters.ts';
import type { FloatTensor } from '../../checkpoint/safetensors.ts';
import { transposed, type KerasWeight } from './graph.ts';

/** Of all kernels of convolutions: [filters, channels, height, width] → [height, width, channels, filters]. */
const FILTERS_LAST = [2, 3, 1, 0] as const;

export function parameterOf(parameters: ParameterValues, layer: string, name: string): FloatTensor {
  const found = parameters.get(`${layer}/${name}`);
  if (!found) throw new RangeError(`parameter ${layer}/${name} is not in the checkpoint`);
  return found;
}

export function weight(name: string, { shape, data }: FloatTensor): KerasWeight {
  return { name, shape, data };
}

/** Also of transposed convolutions, whose channels come first and filters second in both. */
export function convolutionKernel({ shape, data }: FloatTensor, name = 'kernel'): KerasWeight {
  return { name, ...transposed(data, shape, FILTERS_LAST) };
}

/** [channels · multiplier, 1, height, width] → [height, width, channels, multiplier]. */
export function depthwiseKernel(
  { shape, data }: FloatTensor,
  channels: number,
  name: string,
): KerasWeight {
  const [outputs = 0, , height = 0, width = 0] = shape;
  const apart = [channels, outputs / channels, height, width];
  return { name, ...transposed(data, apart, [2, 3, 0, 1]) };
}

/**
 * Rows of a dense kernel that follows a flattened image: from channel by channel to pixel by pixel.
 * @param image [height, width, channels] before it was flattened
 */
export function rowsByPixel(
  { shape, data }: FloatTensor,
  [height = 1, width = 1, channels = 1]: readonly number[],
): FloatTensor {
  const units = shape[1] ?? 1;
  const { data: turned } = transposed(data, [channels, height * width, units], [1, 0, 2]);
  return { shape, data: turned };
}

/** The same kernel with zeros between its numbers, so that it needs no dilation. */
export function spread(
  { shape, data }: FloatTensor,
  [down, right]: readonly [number, number],
): FloatTensor {
  const [filters = 0, channels = 0, height = 0, width = 0] = shape;
  const rows = (height - 1) * down + 1;
  const columns = (width - 1) * right + 1;
  const out = new Float32Array(filters * channels * rows * columns);
  for (let plane = 0; plane < filters * channels; plane++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        out[(plane * rows + y * down) * columns + x * right] =
          data[(plane * height + y) * width + x] ?? 0;
      }
    }
  }
  return { shape: [filters, channels, rows, columns], data: out };
}

/** A convolution in groups as one over all channels, with zeros for those of other groups. */
export function ungrouped({ shape, data }: FloatTensor, groups: number): FloatTensor {
  const [filters = 0, inside = 0, height = 0, width = 0] = shape;
  const channels = inside * groups;
  const kernel = inside * height * width;
  const out = new Float32Array(filters * channels * height * width);
  for (let filter = 0; filter < filters; filter++) {
    const group = Math.floor(filter / (filters / groups));
    const at = (filter * channels + group * inside) * height * width;
    out.set(data.subarray(filter * kernel, (filter + 1) * kernel), at);
  }
  return { shape: [filters, channels, height, width], data: out };
}
