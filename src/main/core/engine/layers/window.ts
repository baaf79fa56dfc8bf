import { windowOutput } from '../ops/helpers.ts';
import { modelError } from './errors.ts';
import type { LayerPlace } from './types.ts';

type Padding = 'valid' | 'same';
type Pair = readonly [number, number];

/** Padding before and after one axis: 'same' gives ⌈size / stride⌉ outputs, the odd pixel last. */
function padAxis(padding: Padding, size: number, kernel: number, stride: number): Pair {
  if (padding === 'valid') return [0, 0];
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + kernel - size);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** ONNX pads [top, left, bottom, right]. */
export function padsOf(padding: Padding, size: Pair, kernel: Pair, strides: Pair): number[] {
  const [top, bottom] = padAxis(padding, size[0], kernel[0], strides[0]);
  const [left, right] = padAxis(padding, size[1], kernel[1], strides[1]);
  return [top, left, bottom, right];
}

/** [height, width] after sliding a window, or an error that says why it does not fit. */
export function slideWindow(
  place: LayerPlace,
  what: string,
  size: Pair,
  kernel: Pair,
  strides: Pair,
  padding: Padding,
): [number, number] {
  const [top = 0, left = 0, bottom = 0, right = 0] = padsOf(padding, size, kernel, strides);
  const height = windowOutput(size[0], kernel[0], strides[0], top + bottom, 1);
  const width = windowOutput(size[1], kernel[1], strides[1], left + right, 1);
  if (height < 1 || width < 1) {
    throw modelError(
      place.name,
      `${place.name}: a ${kernel.join('×')} ${what} does not fit its ${size.join('×')} input.`,
      `Use 'same' padding, a smaller ${what}, or fewer pools before it.`,
    );
  }
  return [height, width];
}
