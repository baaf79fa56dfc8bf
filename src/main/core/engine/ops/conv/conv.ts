import { GraphError, concrete, dimAt, formatShape, sizeAt } from '../../graph/shape.ts';
import { intAttribute, required, slideAll } from '../helpers.ts';
import type { OpDef } from '../types.ts';
import { geometryOf } from './geometry.ts';
import { inputGradient } from './input-gradient.ts';
import { weightGradient } from './weight-gradient.ts';

const attributes = {
  kernel_shape: 'ints',
  strides: 'ints',
  dilations: 'ints',
  pads: 'ints',
  group: 'int',
} as const;

/**
 * x [N, C, H, W], weight [O, C / group, kh, kw], bias [O] or none → [N, O, H′, W′]; with one or
 * three spatial axes alike, but without a gradient.
 */
export const conv: OpDef = {
  attributes,
  infer(inputs, given) {
    const x = required(inputs, 0, 'Conv');
    const weight = required(inputs, 1, 'Conv');
    const group = intAttribute(given, 'group', 1);
    const fits = x.shape.length > 2 && x.shape.length === weight.shape.length;
    if (!fits || sizeAt(x.shape, 1) !== sizeAt(weight.shape, 1) * group) {
      throw new GraphError(`Conv of ${formatShape(x.shape)} with ${formatShape(weight.shape)}`);
    }
    const out = slideAll(x.shape, given, concrete(weight.shape).slice(2), 'Conv');
    return [{ dtype: x.dtype, shape: [dimAt(x.shape, 0), dimAt(weight.shape, 0), ...out] }];
  },
  gradient({ b, node, input, output, grad, needs }) {
    const geometry = geometryOf(node, output(0));
    return [
      needs(0) ? inputGradient(b, geometry, input(1), grad) : null,
      needs(1) ? weightGradient(b, geometry, input(0), grad) : null,
      node.inputs[2] && needs(2)
        ? b.op('ReduceSum', [grad, b.ints([0, 2, 3])], { keepdims: 0 })
        : null,
    ];
  },
};
