import { GraphError, dimAt, formatShape, sizeAt } from '../../graph/shape.ts';
import { intAttribute, required, slide, windowOf } from '../helpers.ts';
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

/** x [N, C, H, W], weight [O, C / group, kh, kw], bias [O] or none → [N, O, H′, W′]. */
export const conv: OpDef = {
  attributes,
  infer(inputs, given) {
    const x = required(inputs, 0, 'Conv');
    const weight = required(inputs, 1, 'Conv');
    const group = intAttribute(given, 'group', 1);
    if (x.shape.length !== 4 || weight.shape.length !== 4) throw new GraphError('Conv is 2-D only');
    if (sizeAt(x.shape, 1) !== sizeAt(weight.shape, 1) * group) {
      throw new GraphError(`Conv of ${formatShape(x.shape)} with ${formatShape(weight.shape)}`);
    }
    const window = windowOf(given, [sizeAt(weight.shape, 2), sizeAt(weight.shape, 3)]);
    const [height, width] = slide(x.shape, window, 'Conv');
    return [{ dtype: x.dtype, shape: [dimAt(x.shape, 0), dimAt(weight.shape, 0), height, width] }];
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
