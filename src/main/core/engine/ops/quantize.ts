/** Rounding to integers and back. They stand in exported graphs only, which nothing differentiates. */
import { required } from './helpers.ts';
import type { OpDef } from './types.ts';

export const quantizeLinear: OpDef = {
  attributes: { axis: 'int' },
  infer(inputs) {
    const { shape } = required(inputs, 0, 'QuantizeLinear');
    const { dtype } = required(inputs, 2, 'QuantizeLinear');
    return [{ dtype, shape }];
  },
  gradient: null,
};

export const dequantizeLinear: OpDef = {
  attributes: { axis: 'int' },
  infer(inputs) {
    const { shape } = required(inputs, 0, 'DequantizeLinear');
    const { dtype } = required(inputs, 1, 'DequantizeLinear');
    return [{ dtype, shape }];
  },
  gradient: null,
};
