/** Matrix products, reductions and softmax. */
import { elements, normalizeAxis, sizeAt } from '../../graph/shape.ts';
import type { OpName } from '../../graph/op-names.ts';
import type { Value } from '../../graph/types.ts';
import type { Rule, Translation } from './translation.ts';

const gemm: Rule = (t) => {
  const scaled = (value: Value, by: number) =>
    by === 1 ? value : t.op('Mul', [value, t.scalar(by)]);
  const inputs = [scaled(t.value(0), t.int('alpha', 1)), t.value(1)];
  if (t.has(2)) inputs.push(scaled(t.value(2), t.int('beta', 1)));
  return [t.op('Gemm', inputs, { transA: t.int('transA', 0), transB: t.int('transB', 0) })];
};

const matMul: Rule = (t) => [t.op('MatMul', [t.value(0), t.value(1)])];

function reduced(t: Translation, op: OpName, x: Value): Value {
  const axes = t.listOrInput('axes', 1);
  if (!axes && t.int('noop_with_empty_axes', 0) !== 0) return x;
  const all = axes ?? x.shape.map((_, axis) => axis);
  const counted = t.axes(all, x.shape.length);
  return t.op(op, [x, t.b.ints(counted)], { keepdims: t.int('keepdims', 1) });
}

const reduction =
  (op: OpName): Rule =>
  (t) => [reduced(t, op, t.value(0))];

const reduceMin: Rule = (t) => [t.op('Neg', [reduced(t, 'ReduceMax', t.op('Neg', [t.value(0)]))])];

const sumOfSquares = (t: Translation) =>
  reduced(t, 'ReduceSum', t.op('Mul', [t.value(0), t.value(0)]));

/** Before opset 13 over all axes from `axis` on together. */
function softmaxOf(op: 'Softmax' | 'LogSoftmax'): Rule {
  return (t) => {
    const x = t.value(0);
    const rank = x.shape.length;
    const axis = normalizeAxis(t.int('axis', t.opset < 13 ? 1 : -1), rank);
    if (t.opset >= 13 || axis === rank - 1) return [t.op(op, [x], { axis })];
    const rest = x.shape.slice(1).map((_, index) => sizeAt(x.shape, index + 1));
    const together = elements(rest.slice(axis - 1));
    const flat = t.b.reshape(x, [-1, together]);
    return [t.b.reshape(t.op(op, [flat], { axis: 1 }), [-1, ...rest])];
  };
}

export const products: Readonly<Record<string, Rule>> = {
  Gemm: gemm,
  MatMul: matMul,
  ReduceMean: reduction('ReduceMean'),
  ReduceSum: reduction('ReduceSum'),
  ReduceMax: reduction('ReduceMax'),
  ReduceMin: reduceMin,
  ReduceL2: (t) => [t.op('Sqrt', [sumOfSquares(t)])],
  ReduceSumSquare: (t) => [sumOfSquares(t)],
  Softmax: softmaxOf('Softmax'),
  LogSoftmax: softmaxOf('LogSoftmax'),
};
