import type { Padding } from '#shared/model-spec.ts';
import { windowOutput } from '../ops/helpers.ts';
import { modelError } from './errors.ts';
import type { LayerPlace } from './types.ts';

export type Pair = readonly [number, number];

/** How much of the input a kernel sees along each axis. */
export function reachOf(kernel: Pair, dilation: Pair = [1, 1]): [number, number] {
  return [(kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1];
}

/** Padding before and after one axis: 'same' gives ⌈size / stride⌉ outputs, the odd pixel last. */
export function padAxis(size: number, reach: number, stride: number): Pair {
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** ONNX pads [top, left, bottom, right]. */
export function padsOf(padding: Padding, size: Pair, reach: Pair, strides: Pair): number[] {
  if (padding === 'valid') return [0, 0, 0, 0];
  if (padding !== 'same') return [...padding, ...padding];
  const [top, bottom] = padAxis(size[0], reach[0], strides[0]);
  const [left, right] = padAxis(size[1], reach[1], strides[1]);
  return [top, left, bottom, right];
}

export interface Sliding {
  kernel: Pair;
  strides: Pair;
  padding: Padding;
  dilation?: Pair | undefined;
}

/** [height, width] after sliding a window, or an error that says why it does not fit. */
export function slideWindow(
  place: LayerPlace,
  what: string,
  size: Pair,
  { kernel, strides, padding, dilation }: Sliding,
): [number, number] {
  const reach = reachOf(kernel, dilation);
  const [top = 0, left = 0, bottom = 0, right = 0] = padsOf(padding, size, reach, strides);
  const height = windowOutput(size[0], reach[0], strides[0], top + bottom, 1);
  const width = windowOutput(size[1], reach[1], strides[1], left + right, 1);
  if (height < 1 || width < 1) {
    const dilated = reach[0] > kernel[0] || reach[1] > kernel[1];
    const spread = dilated ? `, spread over ${reach.join('×')},` : '';
    throw modelError(
      place.name,
      `${place.name}: a ${kernel.join('×')} ${what}${spread} does not fit its ${size.join('×')} input.`,
      `Use 'same' padding, a smaller ${what}, or fewer pools before it.`,
      { label: "Use 'same' padding", changes: { padding: 'same' } },
    );
  }
  return [height, width];
}
