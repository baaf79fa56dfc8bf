import { intAttribute, required } from './helpers.ts';
import type { GradientContext, OpDef } from './types.ts';

function along(op: string, gradient: OpDef['gradient']): OpDef {
  return {
    attributes: { axis: 'int' },
    infer(inputs) {
      const { dtype, shape } = required(inputs, 0, op);
      return [{ dtype, shape }];
    },
    gradient,
  };
}

function sumAlong({ b, node }: GradientContext, value: GradientContext['grad']) {
  const axis = intAttribute(node.attributes, 'axis', -1);
  return b.op('ReduceSum', [value, b.ints([axis])], { keepdims: 1 });
}

/** dx = y · (dy − Σ dy·y) */
export const softmax = along('Softmax', (context) => {
  const { b, grad, output } = context;
  const y = output(0);
  const total = sumAlong(context, b.op('Mul', [grad, y]));
  return [b.op('Mul', [y, b.op('Sub', [grad, total])])];
});

/** dx = dy − softmax(x) · Σ dy */
export const logSoftmax = along('LogSoftmax', (context) => {
  const { b, grad, output } = context;
  const probabilities = b.op('Exp', [output(0)]);
  return [b.op('Sub', [grad, b.op('Mul', [probabilities, sumAlong(context, grad)])])];
});
