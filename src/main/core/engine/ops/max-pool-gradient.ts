/**
 * d loss / d x of a max pool: dy goes to the winner of each window.
 *
 *   unpool   MaxUnpool. It overwrites, so it is right only where no two windows share a winner.
 *   scatter  ScatterElements with addition on the flat tensor: right for overlapping windows too.
 */
import type { GraphBuilder } from '../graph/builder.ts';
import { concrete, elements } from '../graph/shape.ts';
import type { Value } from '../graph/types.ts';
import { filled, type Window } from './helpers.ts';

function unpool(b: GraphBuilder, window: Window, x: Value, indices: Value, grad: Value): Value {
  return b.op('MaxUnpool', [grad, indices, b.ints(concrete(x.shape))], {
    kernel_shape: window.kernel,
    strides: window.strides,
    pads: window.pads,
  });
}

function scatter(b: GraphBuilder, x: Value, indices: Value, grad: Value): Value {
  const dims = concrete(x.shape);
  const zeros = filled(b, [elements(dims)], 0);
  const flat = b.op('ScatterElements', [zeros, b.reshape(indices, [-1]), b.reshape(grad, [-1])], {
    axis: 0,
    reduction: 'add',
  });
  return b.reshape(flat, dims);
}

export function maxPoolGradient(
  b: GraphBuilder,
  window: Window,
  x: Value,
  indices: Value,
  grad: Value,
): Value {
  const overlapping = window.kernel.some((size, axis) => size > (window.strides[axis] ?? 1));
  return overlapping || b.lowerings.maxPool === 'scatter'
    ? scatter(b, x, indices, grad)
    : unpool(b, window, x, indices, grad);
}
