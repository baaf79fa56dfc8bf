import type { Activation } from '#shared/model-spec.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import type { Value } from '../graph/types.ts';

/** Softmax runs over the channels (axis 1 of NCHW and of [N, units]). */
const activations: Record<Activation, (b: GraphBuilder, x: Value) => Value> = {
  linear: (_b, x) => x,
  relu: (b, x) => b.op('Relu', [x]),
  sigmoid: (b, x) => b.op('Sigmoid', [x]),
  tanh: (b, x) => b.op('Tanh', [x]),
  softmax: (b, x) => b.op('Softmax', [x], { axis: 1 }),
};

export function applyActivation(b: GraphBuilder, activation: Activation, x: Value): Value {
  return activations[activation](b, x);
}
