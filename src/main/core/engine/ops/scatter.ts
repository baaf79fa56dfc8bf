import { required } from './helpers.ts';
import type { OpDef } from './types.ts';

/** Emitted by MaxPool's gradient. */
export const scatterElements: OpDef = {
  attributes: { axis: 'int', reduction: 'string' },
  infer(inputs) {
    const { dtype, shape } = required(inputs, 0, 'ScatterElements');
    return [{ dtype, shape }];
  },
  gradient: null,
};
