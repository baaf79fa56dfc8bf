import { GraphError, broadcast, dimAt, formatShape } from '../graph/shape.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import type { Value } from '../graph/types.ts';
import { intAttribute, required, unbroadcast } from './helpers.ts';
import type { OpDef } from './types.ts';

function swapLast(b: GraphBuilder, value: Value): Value {
  const perm = value.shape.map((_, axis) => axis);
  const rank = perm.length;
  perm.splice(rank - 2, 2, rank - 1, rank - 2);
  return b.transpose(value, perm);
}

/** Stacks of matrices; both operands of rank 2 or more. */
export const matMul: OpDef = {
  attributes: {},
  infer(inputs) {
    const left = required(inputs, 0, 'MatMul');
    const right = required(inputs, 1, 'MatMul');
    const fits =
      left.shape.length >= 2 &&
      right.shape.length >= 2 &&
      dimAt(left.shape, -1) === dimAt(right.shape, -2);
    if (!fits) {
      throw new GraphError(`MatMul of ${formatShape(left.shape)} and ${formatShape(right.shape)}`);
    }
    const stack = broadcast(left.shape.slice(0, -2), right.shape.slice(0, -2));
    return [
      { dtype: left.dtype, shape: [...stack, dimAt(left.shape, -2), dimAt(right.shape, -1)] },
    ];
  },
  gradient({ b, input, grad, needs }) {
    const left = input(0);
    const right = input(1);
    return [
      needs(0) ? unbroadcast(b, b.op('MatMul', [grad, swapLast(b, right)]), left.shape) : null,
      needs(1) ? unbroadcast(b, b.op('MatMul', [swapLast(b, left), grad]), right.shape) : null,
    ];
  },
};

/** y = op(a) · op(b) + c, where op transposes on request. */
export const gemm: OpDef = {
  attributes: { transA: 'int', transB: 'int' },
  infer(inputs, attributes) {
    const left = required(inputs, 0, 'Gemm');
    const right = required(inputs, 1, 'Gemm');
    const transA = intAttribute(attributes, 'transA', 0);
    const transB = intAttribute(attributes, 'transB', 0);
    const inner = dimAt(left.shape, transA ? 0 : 1);
    if (
      left.shape.length !== 2 ||
      right.shape.length !== 2 ||
      inner !== dimAt(right.shape, transB ? 1 : 0)
    ) {
      throw new GraphError(`Gemm of ${formatShape(left.shape)} and ${formatShape(right.shape)}`);
    }
    const shape = [dimAt(left.shape, transA ? 1 : 0), dimAt(right.shape, transB ? 0 : 1)];
    if (inputs[2]) broadcast(shape, inputs[2].shape);
    return [{ dtype: left.dtype, shape }];
  },
  gradient({ b, node, input, grad, needs }) {
    const transA = intAttribute(node.attributes, 'transA', 0);
    const transB = intAttribute(node.attributes, 'transB', 0);
    const gradA = () =>
      transA
        ? b.op('Gemm', [input(1), grad], { transA: transB, transB: 1 })
        : b.op('Gemm', [grad, input(1)], { transA: 0, transB: 1 - transB });
    const gradB = () =>
      transB
        ? b.op('Gemm', [grad, input(0)], { transA: 1, transB: transA })
        : b.op('Gemm', [input(0), grad], { transA: 1 - transA, transB: 0 });
    return [
      needs(0) ? gradA() : null,
      needs(1) ? gradB() : null,
      node.inputs[2] && needs(2) ? unbroadcast(b, grad, input(2).shape) : null,
    ];
  },
};
