import type { GraphBuilder } from '../graph/builder.ts';
import type { Value } from '../graph/types.ts';
import type { ReluLowering } from './lowerings.ts';

type Lowering = (b: GraphBuilder, output: Value, grad: Value) => Value;

/** dx = dy where y > 0, else 0. As y ≥ 0, its sign is the mask itself. */
const lowerings: Record<ReluLowering, Lowering> = {
  where: (b, output, grad) =>
    b.op('Where', [b.op('Greater', [output, b.scalar(0)]), grad, b.scalar(0)]),
  sign: (b, output, grad) => b.op('Mul', [grad, b.op('Sign', [output])]),
  cast: (b, output, grad) => {
    const positive = b.op('Greater', [output, b.scalar(0)]);
    return b.op('Mul', [grad, b.op('Cast', [positive], { to: 1 })]);
  },
};

export function reluGradient(b: GraphBuilder, output: Value, grad: Value): Value {
  return lowerings[b.lowerings.relu](b, output, grad);
}
