import type { Activation } from '#shared/model-spec.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import type { Value } from '../graph/types.ts';

type Build = (b: GraphBuilder, x: Value) => Value;

/** Clip(x + 3, 0, 6) / 6, as Keras and PyTorch. */
const hardSigmoid: Build = (b, x) => {
  const shifted = b.op('Add', [x, b.scalar(3)]);
  return b.op('Mul', [b.op('Clip', [shifted, b.scalar(0), b.scalar(6)]), b.scalar(1 / 6)]);
};

/** x · Φ(x), with the error function itself. */
const gelu: Build = (b, x) => {
  const error = b.op('Erf', [b.op('Mul', [x, b.scalar(Math.SQRT1_2)])]);
  const half = b.op('Mul', [x, b.scalar(0.5)]);
  return b.op('Mul', [half, b.op('Add', [error, b.scalar(1)])]);
};

/** Softmax runs over the channels (axis 1 of NCHW and of [N, units]). */
const activations: Record<Activation, Build> = {
  linear: (_b, x) => x,
  relu: (b, x) => b.op('Relu', [x]),
  relu6: (b, x) => b.op('Clip', [x, b.scalar(0), b.scalar(6)]),
  leaky_relu: (b, x) => b.op('LeakyRelu', [x], { alpha: 0.2 }),
  elu: (b, x) => b.op('Elu', [x], { alpha: 1 }),
  gelu,
  silu: (b, x) => b.op('Mul', [x, b.op('Sigmoid', [x])]),
  hard_sigmoid: hardSigmoid,
  hard_swish: (b, x) => b.op('Mul', [x, hardSigmoid(b, x)]),
  sigmoid: (b, x) => b.op('Sigmoid', [x]),
  tanh: (b, x) => b.op('Tanh', [x]),
  softmax: (b, x) => b.op('Softmax', [x], { axis: 1 }),
};

export function applyActivation(b: GraphBuilder, activation: Activation, x: Value): Value {
  return activations[activation](b, x);
}
