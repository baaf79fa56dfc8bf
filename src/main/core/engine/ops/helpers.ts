import type { GraphBuilder } from '../graph/builder.ts';
import { GraphError, concrete, formatShape, sameShape, sizeAt } from '../graph/shape.ts';
import type { Attributes, Shape, Value } from '../graph/types.ts';

export function required(inputs: readonly (Value | null)[], index: number, op: string): Value {
  const value = inputs[index];
  if (!value) throw new GraphError(`${op} needs input ${index}`);
  return value;
}

export function intAttribute(attributes: Attributes, name: string, fallback: number): number {
  const value = attributes[name] ?? fallback;
  if (typeof value !== 'number') throw new GraphError(`attribute ${name} must be a number`);
  return value;
}

export function intsAttribute(
  attributes: Attributes,
  name: string,
  fallback: readonly number[],
): readonly number[] {
  const value = attributes[name] ?? fallback;
  if (typeof value !== 'object') throw new GraphError(`attribute ${name} must be a list`);
  return value;
}

/** Sums `grad` over the axes along which `shape` was broadcast, back to `shape`. */
export function unbroadcast(b: GraphBuilder, grad: Value, shape: Shape): Value {
  if (sameShape(grad.shape, shape)) return grad;
  const lead = grad.shape.length - shape.length;
  const axes = grad.shape
    .map((dim, axis) => (axis < lead || (shape[axis - lead] === 1 && dim !== 1) ? axis : -1))
    .filter((axis) => axis >= 0);
  const summed = axes.length > 0 ? b.op('ReduceSum', [grad, b.ints(axes)], { keepdims: 0 }) : grad;
  return sameShape(summed.shape, shape) ? summed : b.reshape(summed, concrete(shape));
}

/** Spatial size of a convolution's or pooling's output. */
export function windowOutput(
  size: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation: number,
): number {
  return Math.floor((size + padding - dilation * (kernel - 1) - 1) / stride) + 1;
}

/** What Conv and the pools share: `pads` are [top, left, bottom, right] as in ONNX. */
export interface Window {
  kernel: readonly [number, number];
  strides: readonly [number, number];
  dilations: readonly [number, number];
  pads: readonly [number, number, number, number];
}

export function windowOf(attributes: Attributes, kernel: readonly number[]): Window {
  const pair = (list: readonly number[]): [number, number] => {
    const [first, second] = list;
    if (list.length !== 2 || first === undefined || second === undefined) {
      throw new GraphError(`only two spatial axes are supported, not ${list.length}`);
    }
    return [first, second];
  };
  const pads = intsAttribute(attributes, 'pads', [0, 0, 0, 0]);
  const [top = 0, left = 0, bottom = 0, right = 0] = pads;
  return {
    kernel: pair(kernel),
    strides: pair(intsAttribute(attributes, 'strides', [1, 1])),
    dilations: pair(intsAttribute(attributes, 'dilations', [1, 1])),
    pads: [top, left, bottom, right],
  };
}

/** [out height, out width] of a window sliding over NCHW `shape`. */
export function slide(shape: Shape, window: Window, op: string): [number, number] {
  const { kernel, strides, dilations, pads } = window;
  const [height = 0, width = 0] = slideAll(shape, { strides, dilations, pads }, kernel, op);
  return [height, width];
}

/**
 * Sizes of the output along each spatial axis, as many as `kernel` has, of a window sliding over
 * [N, C, …] `shape`. Gradients and layers are 2-D; answers are not bound to that.
 */
export function slideAll(
  shape: Shape,
  attributes: Attributes,
  kernel: readonly number[],
  op: string,
): number[] {
  const axes = kernel.length;
  if (axes === 0 || shape.length !== axes + 2) {
    throw new GraphError(`${op}: a ${kernel.join('×')} window over ${formatShape(shape)}`);
  }
  const strides = intsAttribute(attributes, 'strides', []);
  const dilations = intsAttribute(attributes, 'dilations', []);
  const pads = intsAttribute(attributes, 'pads', []);
  const sizes = kernel.map((length, axis) =>
    windowOutput(
      sizeAt(shape, axis + 2),
      length,
      strides[axis] ?? 1,
      (pads[axis] ?? 0) + (pads[axis + axes] ?? 0),
      dilations[axis] ?? 1,
    ),
  );
  if (sizes.some((size) => size < 1)) {
    throw new GraphError(`${op}: a ${kernel.join('×')} window does not fit ${formatShape(shape)}`);
  }
  return sizes;
}

/** A float32 constant filled with one number. */
export function filled(b: GraphBuilder, dims: readonly number[], number: number): Value {
  return b.op('Expand', [b.scalar(number), b.ints(dims)]);
}
