import { dataTypes } from '../graph/onnx-proto.ts';
import {
  GraphError,
  concrete,
  constantInts,
  elements,
  normalizeAxis,
  sizeAt,
} from '../graph/shape.ts';
import type { Value } from '../graph/types.ts';
import { intAttribute, required } from './helpers.ts';
import type { GradientContext, OpDef } from './types.ts';

function axesOf(inputs: readonly (Value | null)[], op: string): number[] {
  const { shape } = required(inputs, 0, op);
  if (!inputs[1]) return shape.map((_, axis) => axis);
  return constantInts(inputs[1], `${op} axes`).map((axis) => normalizeAxis(axis, shape.length));
}

/** dy, repeated along the axes that were reduced: as it is, or divided by how many numbers they had. */
function spread({ b, node, input, grad }: GradientContext, divided: boolean): Value {
  const dims = concrete(input(0).shape);
  const axes = axesOf(node.inputs, node.op);
  const kept = dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const count = elements(axes.map((axis) => sizeAt(dims, axis)));
  const share = divided ? b.op('Mul', [grad, b.scalar(1 / count)]) : grad;
  return b.op('Expand', [b.reshape(share, kept), b.ints(dims)]);
}

function reduction(op: string, gradient: OpDef['gradient']): OpDef {
  return {
    attributes: { keepdims: 'int' },
    infer(inputs, attributes) {
      const { dtype, shape } = required(inputs, 0, op);
      const axes = axesOf(inputs, op);
      const keep = intAttribute(attributes, 'keepdims', 1) === 1;
      const result = shape
        .map((dim, axis) => (axes.includes(axis) ? (keep ? 1 : null) : dim))
        .filter((dim) => dim !== null);
      return [{ dtype, shape: result }];
    },
    gradient,
  };
}

export const reduceSum = reduction('ReduceSum', (context) => [spread(context, false)]);

export const reduceMean = reduction('ReduceMean', (context) => [spread(context, true)]);

/** Equal winners share the gradient, as in TensorFlow and PyTorch. */
export const reduceMax = reduction('ReduceMax', ({ b, node, input, output, grad }) => {
  const dims = concrete(input(0).shape);
  const axes = axesOf(node.inputs, node.op);
  const kept = dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const isTop = b.op('Equal', [input(0), b.reshape(output(0), kept)]);
  const winners = b.op('Cast', [isTop], { to: dataTypes.float32 });
  const share = b.op('Div', [
    b.reshape(grad, kept),
    b.op('ReduceSum', [winners, b.ints(axes)], { keepdims: 1 }),
  ]);
  return [b.op('Mul', [winners, share]), null];
});

export const argMax: OpDef = {
  attributes: { axis: 'int', keepdims: 'int' },
  infer(inputs, attributes) {
    const { shape } = required(inputs, 0, 'ArgMax');
    if (intAttribute(attributes, 'keepdims', 1) !== 0)
      throw new GraphError('ArgMax: keepdims=0 only');
    const axis = normalizeAxis(intAttribute(attributes, 'axis', 0), shape.length);
    return [{ dtype: 'int64', shape: shape.filter((_, index) => index !== axis) }];
  },
  gradient: null,
};
