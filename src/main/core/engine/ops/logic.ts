import { dataTypes } from '../graph/onnx-proto.ts';
import { GraphError, broadcast } from '../graph/shape.ts';
import type { DType, Shape } from '../graph/types.ts';
import { intAttribute, required, unbroadcast } from './helpers.ts';
import type { OpDef } from './types.ts';

function comparison(op: string): OpDef {
  return {
    attributes: {},
    infer(inputs) {
      const left = required(inputs, 0, op);
      const right = required(inputs, 1, op);
      if (left.dtype !== right.dtype) {
        throw new GraphError(`${op} of ${left.dtype} and ${right.dtype}`);
      }
      return [{ dtype: 'bool', shape: broadcast(left.shape, right.shape) }];
    },
    // A truth value has no slope; autodiff never follows a value that is not float32.
    gradient: null,
  };
}

export const equal = comparison('Equal');
export const greater = comparison('Greater');

function connective(op: string, operands: number): OpDef {
  return {
    attributes: {},
    infer(inputs) {
      let shape: Shape = [];
      for (let index = 0; index < operands; index++) {
        const operand = required(inputs, index, op);
        if (operand.dtype !== 'bool') throw new GraphError(`${op} of ${operand.dtype}`);
        shape = broadcast(shape, operand.shape);
      }
      return [{ dtype: 'bool', shape }];
    },
    gradient: null,
  };
}

export const and = connective('And', 2);
export const or = connective('Or', 2);
export const not = connective('Not', 1);

export const where: OpDef = {
  attributes: {},
  infer(inputs) {
    const condition = required(inputs, 0, 'Where');
    const yes = required(inputs, 1, 'Where');
    const no = required(inputs, 2, 'Where');
    if (condition.dtype !== 'bool' || yes.dtype !== no.dtype) {
      throw new GraphError(`Where of ${condition.dtype}, ${yes.dtype}, ${no.dtype}`);
    }
    return [
      { dtype: yes.dtype, shape: broadcast(condition.shape, broadcast(yes.shape, no.shape)) },
    ];
  },
  gradient({ b, input, grad, needs }) {
    const zero = b.scalar(0);
    return [
      null,
      needs(1) ? unbroadcast(b, b.op('Where', [input(0), grad, zero]), input(1).shape) : null,
      needs(2) ? unbroadcast(b, b.op('Where', [input(0), zero, grad]), input(2).shape) : null,
    ];
  },
};

const byCode = new Map<number, DType>(
  Object.entries(dataTypes).map(([dtype, code]) => [code, dtype as DType]),
);

/** `to` is ONNX's data type code: use `castTo`. */
export const cast: OpDef = {
  attributes: { to: 'int' },
  infer(inputs, attributes) {
    const dtype = byCode.get(intAttribute(attributes, 'to', 0));
    if (!dtype) throw new GraphError('Cast to an unknown type');
    return [{ dtype, shape: required(inputs, 0, 'Cast').shape }];
  },
  // Reached only for float32 → float32: other types carry no gradient.
  gradient: ({ grad }) => [grad],
};
