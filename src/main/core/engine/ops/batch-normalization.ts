import { required } from './helpers.ts';
import type { OpDef } from './types.ts';

/**
 * Normalisation with given statistics (x, scale, bias, mean, variance), for inference. In training
 * the layer is written with means and products, which have gradients of their own.
 */
export const batchNormalization: OpDef = {
  attributes: { epsilon: 'float' },
  infer(inputs) {
    const { dtype, shape } = required(inputs, 0, 'BatchNormalization');
    for (const index of [1, 2, 3, 4]) required(inputs, index, 'BatchNormalization');
    return [{ dtype, shape }];
  },
  gradient: null,
};
