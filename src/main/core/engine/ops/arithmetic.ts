import { dataTypes } from '../graph/onnx-proto.ts';
import { GraphError, broadcast } from '../graph/shape.ts';
import { required, unbroadcast } from './helpers.ts';
import type { GradientRule, OpDef } from './types.ts';

/** A broadcasting operator on two tensors of one type. */
function binary(op: string, gradient: GradientRule): OpDef {
  return {
    attributes: {},
    infer(inputs) {
      const left = required(inputs, 0, op);
      const right = required(inputs, 1, op);
      if (left.dtype !== right.dtype) {
        throw new GraphError(`${op} of ${left.dtype} and ${right.dtype}`);
      }
      return [{ dtype: left.dtype, shape: broadcast(left.shape, right.shape) }];
    },
    gradient,
  };
}

export const add = binary('Add', ({ b, input, grad, needs }) =>
  [0, 1].map((index) => (needs(index) ? unbroadcast(b, grad, input(index).shape) : null)),
);

export const sub = binary('Sub', ({ b, input, grad, needs }) => [
  needs(0) ? unbroadcast(b, grad, input(0).shape) : null,
  needs(1) ? b.op('Neg', [unbroadcast(b, grad, input(1).shape)]) : null,
]);

export const mul = binary('Mul', ({ b, input, grad, needs }) => {
  // Of a square once, not twice the half of it.
  if (input(0) === input(1)) {
    return [b.op('Mul', [b.op('Mul', [grad, b.scalar(2)]), input(0)]), null];
  }
  return [0, 1].map((index) =>
    needs(index) ? unbroadcast(b, b.op('Mul', [grad, input(1 - index)]), input(index).shape) : null,
  );
});

/** y = l / r; dl = dy / r; dr = −dy · y / r. */
export const div = binary('Div', ({ b, input, output, grad, needs }) => {
  const scaled = b.op('Div', [grad, input(1)]);
  return [
    needs(0) ? unbroadcast(b, scaled, input(0).shape) : null,
    needs(1)
      ? unbroadcast(b, b.op('Neg', [b.op('Mul', [scaled, output(0)])]), input(1).shape)
      : null,
  ];
});

/** Of two. Where they are equal, the gradient is the first one's. */
export const max = binary('Max', ({ b, input, grad, needs }) => {
  const isSecond = b.op('Cast', [b.op('Greater', [input(1), input(0)])], { to: dataTypes.float32 });
  const second = b.op('Mul', [grad, isSecond]);
  return [
    needs(0) ? unbroadcast(b, b.op('Sub', [grad, second]), input(0).shape) : null,
    needs(1) ? unbroadcast(b, second, input(1).shape) : null,
  ];
});

/** y = lʳ; dl = dy · r · lʳ⁻¹; dr = dy · y · ln l, for positive l. */
export const pow = binary('Pow', ({ b, input, output, grad, needs }) => {
  const lower = () => b.op('Pow', [input(0), b.op('Sub', [input(1), b.scalar(1)])]);
  const slope = () => b.op('Mul', [grad, b.op('Mul', [input(1), lower()])]);
  const growth = () => b.op('Mul', [grad, b.op('Mul', [output(0), b.op('Log', [input(0)])])]);
  return [
    needs(0) ? unbroadcast(b, slope(), input(0).shape) : null,
    needs(1) ? unbroadcast(b, growth(), input(1).shape) : null,
  ];
});
