/** Operators that take numbers one by one, or several with broadcasting. */
import { dataTypes } from '../../graph/onnx-proto.ts';
import type { OpName } from '../../graph/op-names.ts';
import type { Value } from '../../graph/types.ts';
import { Untranslatable } from '../errors.ts';
import { isKnown } from '../operands.ts';
import { typeOf } from '../tensors.ts';
import type { Rule, Translation } from './translation.ts';

const LARGEST = 3.4028234663852886e38;

export const same: Rule = (t) => [t.value(0)];

function unary(op: OpName): Rule {
  return (t) => [t.op(op, [t.value(0)])];
}

function binary(op: OpName): Rule {
  return (t) => [t.op(op, [t.value(0), t.value(1)])];
}

/** Of any number of inputs. */
function variadic(join: (t: Translation, a: Value, b: Value) => Value): Rule {
  return (t) => [t.operands.map((_, index) => t.value(index)).reduce((a, b) => join(t, a, b))];
}

const smaller = (t: Translation, a: Value, b: Value) =>
  t.op('Neg', [t.op('Max', [t.op('Neg', [a]), t.op('Neg', [b])])]);

function clip(t: Translation, x: Value, low: number, high: number): Value {
  return t.op('Clip', [x, t.scalar(low), t.scalar(high)]);
}

const clipped: Rule = (t) => {
  const bound = (name: string, index: number, fallback: number) =>
    t.opset < 11 ? t.int(name, fallback) : t.number(index, fallback);
  return [clip(t, t.value(0), bound('min', 1, -LARGEST), bound('max', 2, LARGEST))];
};

const hardSigmoid = (t: Translation, x: Value, alpha: number, beta: number) =>
  clip(t, t.op('Add', [t.op('Mul', [x, t.scalar(alpha)]), t.scalar(beta)]), 0, 1);

const gelu: Rule = (t) => {
  const x = t.value(0);
  const half = t.op('Mul', [x, t.scalar(0.5)]);
  if (t.text('approximate', 'none') === 'tanh') {
    // x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))
    const cube = t.op('Mul', [t.op('Mul', [x, x]), x]);
    const inside = t.op('Add', [x, t.op('Mul', [cube, t.scalar(0.044715)])]);
    const tanh = t.op('Tanh', [t.op('Mul', [inside, t.scalar(Math.sqrt(2 / Math.PI))])]);
    return [t.op('Mul', [half, t.op('Add', [tanh, t.scalar(1)])])];
  }
  const erf = t.op('Erf', [t.op('Mul', [x, t.scalar(Math.SQRT1_2)])]);
  return [t.op('Mul', [half, t.op('Add', [erf, t.scalar(1)])])];
};

const positivePart = (t: Translation, x: Value) => t.op('Relu', [x]);
const negativePart = (t: Translation, x: Value) => t.op('Relu', [t.op('Neg', [x])]);

/** Powers that need no logarithm are products: they have slopes for negative numbers too. */
const pow: Rule = (t) => {
  const x = t.value(0);
  const exponent = t.operands[1];
  if (!exponent || !isKnown(exponent) || exponent.data.length !== 1) {
    return [t.op('Pow', [x, t.value(1)])];
  }
  switch (exponent.data[0]) {
    case 0.5:
      return [t.op('Sqrt', [x])];
    case 1:
      return [x];
    case 2:
      return [t.op('Mul', [x, x])];
    case 3:
      return [t.op('Mul', [t.op('Mul', [x, x]), x])];
    case -1:
      return [t.op('Reciprocal', [x])];
    default:
      return [t.op('Pow', [x, t.value(1)])];
  }
};

const cast: Rule = (t) => {
  const x = t.value(0);
  const to = typeOf(t.int('to', 0));
  if (!to) throw new Untranslatable('it makes a type that is not supported');
  return [x.dtype === to ? x : t.op('Cast', [x], { to: dataTypes[to] })];
};

/** To the type of another value. */
const castLike: Rule = (t) => {
  const x = t.value(0);
  const { dtype } = t.operands[1] ?? t.value(1);
  return [x.dtype === dtype ? x : t.op('Cast', [x], { to: dataTypes[dtype] })];
};

export const arithmetic: Readonly<Record<string, Rule>> = {
  Identity: same,
  Dropout: same,
  Cast: cast,
  CastLike: castLike,
  Add: binary('Add'),
  Sub: binary('Sub'),
  Mul: binary('Mul'),
  Div: binary('Div'),
  Sum: variadic((t, a, b) => t.op('Add', [a, b])),
  Mean: (t) => {
    const [sum] = arithmetic['Sum']!(t);
    return [t.op('Div', [sum as Value, t.scalar(t.operands.length)])];
  },
  Max: variadic((t, a, b) => t.op('Max', [a, b])),
  Min: variadic(smaller),
  Pow: pow,
  Neg: unary('Neg'),
  Abs: (t) => [t.op('Add', [positivePart(t, t.value(0)), negativePart(t, t.value(0))])],
  Sign: unary('Sign'),
  Round: unary('Round'),
  Exp: unary('Exp'),
  Log: unary('Log'),
  Sqrt: unary('Sqrt'),
  Reciprocal: unary('Reciprocal'),
  Erf: unary('Erf'),
  Relu: unary('Relu'),
  Sigmoid: unary('Sigmoid'),
  Tanh: unary('Tanh'),
  Softplus: unary('Softplus'),
  Clip: clipped,
  LeakyRelu: (t) => [t.op('LeakyRelu', [t.value(0)], { alpha: t.int('alpha', 0.01) })],
  Elu: (t) => [t.op('Elu', [t.value(0)], { alpha: t.int('alpha', 1) })],
  Selu: (t) => {
    const bent = t.op('Elu', [t.value(0)], { alpha: t.int('alpha', 1.6732632423543772) });
    return [t.op('Mul', [bent, t.scalar(t.int('gamma', 1.0507009873554805))])];
  },
  PRelu: (t) => {
    const x = t.value(0);
    return [t.op('Sub', [positivePart(t, x), t.op('Mul', [negativePart(t, x), t.value(1)])])];
  },
  HardSigmoid: (t) => [hardSigmoid(t, t.value(0), t.int('alpha', 0.2), t.int('beta', 0.5))],
  HardSwish: (t) => [t.op('Mul', [t.value(0), hardSigmoid(t, t.value(0), 1 / 6, 0.5)])],
  Swish: (t) => {
    const x = t.value(0);
    const inside = t.op('Mul', [x, t.scalar(t.int('alpha', 1))]);
    return [t.op('Mul', [x, t.op('Sigmoid', [inside])])];
  },
  Mish: (t) => {
    const x = t.value(0);
    return [t.op('Mul', [x, t.op('Tanh', [t.op('Softplus', [x])])])];
  },
  Gelu: gelu,
  Equal: binary('Equal'),
  Greater: binary('Greater'),
  Less: (t) => [t.op('Greater', [t.value(1), t.value(0)])],
  GreaterOrEqual: (t) => [t.op('Not', [t.op('Greater', [t.value(1), t.value(0)])])],
  LessOrEqual: (t) => [t.op('Not', [t.op('Greater', [t.value(0), t.value(1)])])],
  And: binary('And'),
  Or: binary('Or'),
  Not: unary('Not'),
  Where: (t) => [t.op('Where', [t.value(0), t.value(1), t.value(2)])],
};
