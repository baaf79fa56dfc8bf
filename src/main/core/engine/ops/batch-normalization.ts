import { GraphError } from '../graph/shape.ts';
import type { Value } from '../graph/types.ts';
import { required } from './helpers.ts';
import type { OpDef } from './types.ts';

/**
 * Normalisation with given statistics (x, scale, bias, mean, variance): for inference, and for frozen
 * layers in training. Others are written with means and products, which have gradients of their own.
 */
export const batchNormalization: OpDef = {
  attributes: { epsilon: 'float' },
  infer(inputs) {
    const { dtype, shape } = required(inputs, 0, 'BatchNormalization');
    for (const index of [1, 2, 3, 4]) required(inputs, index, 'BatchNormalization');
    return [{ dtype, shape }];
  },
  gradient({ b, node, input, grad, needs }) {
    if (needs(3) || needs(4)) throw new GraphError('BatchNormalization has fixed statistics');
    const x = input(0);
    // [C] beside [N, C, H, W] or [N, C].
    const shape = x.shape.map((_, axis) => (axis === 1 ? -1 : 1));
    const perChannel = (index: number) => b.reshape(input(index), shape);
    const { epsilon = 1e-5 } = node.attributes;
    const shifted = b.op('Add', [perChannel(4), b.scalar(Number(epsilon))]);
    const precision = b.op('Reciprocal', [b.op('Sqrt', [shifted])]);
    const axes = b.ints(x.shape.map((_, axis) => axis).filter((axis) => axis !== 1));
    const summed = (value: Value) => b.op('ReduceSum', [value, axes], { keepdims: 0 });
    const normalized = () => b.op('Mul', [b.op('Sub', [x, perChannel(3)]), precision]);
    return [
      needs(0) ? b.op('Mul', [grad, b.op('Mul', [perChannel(1), precision])]) : null,
      needs(1) ? summed(b.op('Mul', [grad, normalized()])) : null,
      needs(2) ? summed(grad) : null,
    ];
  },
};
