import { GraphError, dimAt, formatShape, sizeAt } from '../../graph/shape.ts';
import type { Attributes, Value } from '../../graph/types.ts';
import { intAttribute, intsAttribute, required, windowOf } from '../helpers.ts';
import type { OpDef } from '../types.ts';
import type { ConvGeometry } from './geometry.ts';
import { weightGradient } from './weight-gradient.ts';

/**
 * x [N, C, H, W], weight [C, O / group, kh, kw], bias [O] or none → the adjoint of the Conv with
 * this weight. Emitted by Conv's gradient, and a layer of its own. The CPU kernel is one GEMM an
 * image and group, then col2im.
 */
export const convTranspose: OpDef = {
  attributes: {
    kernel_shape: 'ints',
    strides: 'ints',
    dilations: 'ints',
    pads: 'ints',
    group: 'int',
    output_padding: 'ints',
  },
  infer(inputs, given) {
    const x = required(inputs, 0, 'ConvTranspose');
    const weight = required(inputs, 1, 'ConvTranspose');
    if (x.shape.length !== 4 || dimAt(x.shape, 1) !== dimAt(weight.shape, 0)) {
      throw new GraphError(
        `ConvTranspose of ${formatShape(x.shape)} with ${formatShape(weight.shape)}`,
      );
    }
    const window = windowOf(given, [sizeAt(weight.shape, 2), sizeAt(weight.shape, 3)]);
    const extra = intsAttribute(given, 'output_padding', [0, 0]);
    const size = (axis: 0 | 1) =>
      window.strides[axis] * (sizeAt(x.shape, axis + 2) - 1) +
      (extra[axis] ?? 0) +
      (window.kernel[axis] - 1) * window.dilations[axis] +
      1 -
      window.pads[axis] -
      window.pads[axis === 0 ? 2 : 3];
    const channels = sizeAt(weight.shape, 1) * intAttribute(given, 'group', 1);
    return [{ dtype: x.dtype, shape: [dimAt(x.shape, 0), channels, size(0), size(1)] }];
  },
  /** Of y = Convᵀ(x): dx is the convolution itself of dy, and dw its weight gradient with x as dy. */
  gradient({ b, node, input, output, grad, needs }) {
    const g = adjointGeometry(node.attributes, input(0), input(1), output(0));
    const convolved = () =>
      b.op('Conv', [grad, input(1)], {
        kernel_shape: g.kernel,
        strides: g.strides,
        dilations: g.dilations,
        pads: g.pads,
        group: g.group,
      });
    return [
      needs(0) ? convolved() : null,
      needs(1) ? weightGradient(b, g, grad, input(0)) : null,
      node.inputs[2] && needs(2)
        ? b.op('ReduceSum', [grad, b.ints([0, 2, 3])], { keepdims: 0 })
        : null,
    ];
  },
};

/** Of the convolution that goes from y back to x. */
function adjointGeometry(given: Attributes, x: Value, weight: Value, y: Value): ConvGeometry {
  const window = windowOf(given, [sizeAt(weight.shape, 2), sizeAt(weight.shape, 3)]);
  return {
    ...window,
    batch: sizeAt(x.shape, 0),
    inChannels: sizeAt(y.shape, 1),
    outChannels: sizeAt(x.shape, 1),
    height: sizeAt(y.shape, 2),
    width: sizeAt(y.shape, 3),
    outHeight: sizeAt(x.shape, 2),
    outWidth: sizeAt(x.shape, 3),
    group: intAttribute(given, 'group', 1),
  };
}
