import { required } from './helpers.ts';
import { reluGradient } from './relu-gradient.ts';
import type { GradientRule, OpDef } from './types.ts';

function unary(op: string, gradient: GradientRule | null): OpDef {
  return {
    attributes: {},
    infer(inputs) {
      const { dtype, shape } = required(inputs, 0, op);
      return [{ dtype, shape }];
    },
    gradient,
  };
}

export const identity = unary('Identity', ({ grad }) => [grad]);
export const neg = unary('Neg', ({ b, grad }) => [b.op('Neg', [grad])]);
export const exp = unary('Exp', ({ b, grad, output }) => [b.op('Mul', [grad, output(0)])]);
export const log = unary('Log', ({ b, grad, input }) => [b.op('Div', [grad, input(0)])]);
/** dx = dy / (2 √x) */
export const sqrt = unary('Sqrt', ({ b, grad, output }) => [
  b.op('Div', [b.op('Mul', [grad, b.scalar(0.5)]), output(0)]),
]);
/** dx = −dy · y² */
export const reciprocal = unary('Reciprocal', ({ b, grad, output }) => [
  b.op('Neg', [b.op('Mul', [grad, b.op('Mul', [output(0), output(0)])])]),
]);
export const relu = unary('Relu', ({ b, grad, output }) => [reluGradient(b, output(0), grad)]);
/** dx = dy · y (1 − y) */
export const sigmoid = unary('Sigmoid', ({ b, grad, output }) => {
  const y = output(0);
  return [b.op('Mul', [grad, b.op('Mul', [y, b.op('Sub', [b.scalar(1), y])])])];
});
/** dx = dy · (1 − y²) */
export const tanh = unary('Tanh', ({ b, grad, output }) => {
  const y = output(0);
  return [b.op('Mul', [grad, b.op('Sub', [b.scalar(1), b.op('Mul', [y, y])])])];
});
/** Piecewise constant: a loss that depends on parameters through one of these is a mistake. */
export const sign = unary('Sign', null);
export const round = unary('Round', null);
