/** Operators that cut and join: Concat, Split, Slice, Pad. */
import {
  GraphError,
  concrete,
  constantInts,
  dimAt,
  formatShape,
  normalizeAxis,
  sizeAt,
} from '../graph/shape.ts';
import type { Value } from '../graph/types.ts';
import { filled, intAttribute, required } from './helpers.ts';
import type { OpDef } from './types.ts';

export const concat: OpDef = {
  attributes: { axis: 'int' },
  infer(inputs, attributes) {
    const first = required(inputs, 0, 'Concat');
    const axis = normalizeAxis(intAttribute(attributes, 'axis', 0), first.shape.length);
    let total = 0;
    for (const [index] of inputs.entries()) {
      const { dtype, shape } = required(inputs, index, 'Concat');
      const fits = shape.length === first.shape.length && dtype === first.dtype;
      if (!fits || shape.some((dim, at) => at !== axis && dim !== first.shape[at])) {
        throw new GraphError(`Concat of ${formatShape(first.shape)} and ${formatShape(shape)}`);
      }
      total += sizeAt(shape, axis);
    }
    return [
      { dtype: first.dtype, shape: first.shape.map((dim, at) => (at === axis ? total : dim)) },
    ];
  },
  gradient({ b, node, input, grad, needs }) {
    const axis = intAttribute(node.attributes, 'axis', 0);
    const sizes = node.inputs.map((_, index) => sizeAt(input(index).shape, axis));
    const parts = b.node('Split', [grad, b.ints(sizes)], { axis });
    return parts.map((part, index) => (needs(index) ? part : null));
  },
};

export const split: OpDef = {
  attributes: { axis: 'int' },
  infer(inputs, attributes) {
    const { dtype, shape } = required(inputs, 0, 'Split');
    const axis = normalizeAxis(intAttribute(attributes, 'axis', 0), shape.length);
    const sizes = constantInts(inputs[1], 'Split sizes');
    if (sizes.reduce((sum, size) => sum + size, 0) !== dimAt(shape, axis)) {
      throw new GraphError(`Split of ${formatShape(shape)} into [${sizes.join(', ')}]`);
    }
    return sizes.map((size) => ({
      dtype,
      shape: shape.map((dim, at) => (at === axis ? size : dim)),
    }));
  },
  gradient({ b, node, grads, output }) {
    const axis = intAttribute(node.attributes, 'axis', 0);
    const parts = grads.map((grad, index) => grad ?? filled(b, concrete(output(index).shape), 0));
    return [b.op('Concat', parts, { axis }), null];
  },
};

interface Cut {
  axis: number;
  start: number;
  step: number;
  size: number;
}

/** Only what the engine emits: bounds inside the axis, or a negative step over the whole of it. */
function cutsOf(inputs: readonly (Value | null)[]): Cut[] {
  const { shape } = required(inputs, 0, 'Slice');
  const starts = constantInts(inputs[1], 'Slice starts');
  const ends = constantInts(inputs[2], 'Slice ends');
  const axes = constantInts(inputs[3], 'Slice axes');
  const steps = inputs[4] ? constantInts(inputs[4], 'Slice steps') : axes.map(() => 1);
  return axes.map((axis, index): Cut => {
    const length = sizeAt(shape, axis);
    const step = steps[index] ?? 1;
    const from = starts[index] ?? 0;
    const to = ends[index] ?? length;
    if (step === 0) throw new GraphError('Slice with step 0');
    const start = Math.min(from < 0 ? from + length : from, step > 0 ? length : length - 1);
    const end = step > 0 ? Math.min(to < 0 ? to + length : to, length) : Math.max(to + length, -1);
    return {
      axis: normalizeAxis(axis, shape.length),
      start,
      step,
      size: Math.max(0, Math.ceil((end - start) / step)),
    };
  });
}

export const slice: OpDef = {
  attributes: {},
  infer(inputs) {
    const { dtype, shape } = required(inputs, 0, 'Slice');
    const result = [...shape];
    for (const { axis, size } of cutsOf(inputs)) result[axis] = size;
    return [{ dtype, shape: result }];
  },
  gradient({ b, node, input, grad }) {
    const rank = input(0).shape.length;
    const before = new Array<number>(rank).fill(0);
    const after = new Array<number>(rank).fill(0);
    for (const { axis, start, step, size } of cutsOf(node.inputs)) {
      if (step !== 1) throw new GraphError('Slice has a gradient for step 1 only');
      before[axis] = start;
      after[axis] = sizeAt(input(0).shape, axis) - start - size;
    }
    return [b.op('Pad', [grad, b.ints([...before, ...after])]), null, null, null, null];
  },
};

/** Zero padding; `pads` are all the befores, then all the afters. */
export const pad: OpDef = {
  attributes: {},
  infer(inputs) {
    const { dtype, shape } = required(inputs, 0, 'Pad');
    const pads = constantInts(inputs[1], 'Pad pads');
    if (pads.length !== 2 * shape.length || pads.some((size) => size < 0)) {
      throw new GraphError(`Pad of ${formatShape(shape)} by [${pads.join(', ')}]`);
    }
    const result = shape.map((dim, axis) => {
      const extra = (pads[axis] ?? 0) + (pads[axis + shape.length] ?? 0);
      return extra === 0 ? dim : sizeAt(shape, axis) + extra;
    });
    return [{ dtype, shape: result }];
  },
  gradient({ b, node, input, grad }) {
    const { shape } = input(0);
    const pads = constantInts(node.inputs[1], 'Pad pads');
    const starts = pads.slice(0, shape.length);
    const ends = starts.map((start, axis) => start + sizeAt(shape, axis));
    const axes = shape.map((_, axis) => axis);
    return [b.op('Slice', [grad, b.ints(starts), b.ints(ends), b.ints(axes)]), null];
  },
};

/** Whole slices of one axis, in the order that `indices` names them. */
export const gather: OpDef = {
  attributes: { axis: 'int' },
  infer(inputs, attributes) {
    const { dtype, shape } = required(inputs, 0, 'Gather');
    const indices = constantInts(inputs[1], 'Gather indices');
    const axis = normalizeAxis(intAttribute(attributes, 'axis', 0), shape.length);
    return [{ dtype, shape: shape.map((dim, at) => (at === axis ? indices.length : dim)) }];
  },
  gradient: null,
};
