import { constantInts, dimAt, elements, sizeAt } from '../../graph/shape.ts';
import { required } from '../helpers.ts';
import type { OpDef } from '../types.ts';

/** [N, C·kh·kw, L] → [N, C, H, W], adding up where windows overlap. Emitted by Conv's gradient. */
export const col2Im: OpDef = {
  attributes: { dilations: 'ints', pads: 'ints', strides: 'ints' },
  infer(inputs) {
    const { dtype, shape } = required(inputs, 0, 'Col2Im');
    const image = constantInts(inputs[1], 'Col2Im image shape');
    const block = constantInts(inputs[2], 'Col2Im block shape');
    return [{ dtype, shape: [dimAt(shape, 0), sizeAt(shape, 1) / elements(block), ...image] }];
  },
  gradient: null,
};
