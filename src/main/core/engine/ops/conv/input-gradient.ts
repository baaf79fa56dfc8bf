/**
 * d loss / d x of a convolution: each output's gradient, spread back over its window.
 *
 *   conv-transpose  ONNX's own adjoint: one GEMM per image, then col2im.
 *   flipped-conv    a convolution of dy, padded with k − 1 − p, with the kernel turned by 180° and
 *                   its channel axes swapped, within each group. Stride 1 only.
 *   gemm-col2im     one GEMM for the whole batch, then Col2Im: worth it where an image alone has too
 *                   few positions for a GEMM to be efficient.
 */
import type { GraphBuilder } from '../../graph/builder.ts';
import type { Value } from '../../graph/types.ts';
import type { ConvInputLowering } from '../lowerings.ts';
import type { ConvGeometry } from './geometry.ts';

function convTranspose(b: GraphBuilder, g: ConvGeometry, weight: Value, grad: Value): Value {
  // What the forward pass's division by the stride threw away at the far edge.
  const rest = (size: number, out: number, axis: 0 | 1) =>
    size -
    ((out - 1) * g.strides[axis] +
      (g.kernel[axis] - 1) * g.dilations[axis] +
      1 -
      g.pads[axis] -
      g.pads[axis === 0 ? 2 : 3]);
  return b.op('ConvTranspose', [grad, weight], {
    kernel_shape: g.kernel,
    strides: g.strides,
    dilations: g.dilations,
    pads: g.pads,
    group: g.group,
    output_padding: [rest(g.height, g.outHeight, 0), rest(g.width, g.outWidth, 1)],
  });
}

function flippedConv(b: GraphBuilder, g: ConvGeometry, weight: Value, grad: Value): Value {
  const end = -(2 ** 31);
  const flipped = b.op('Slice', [
    weight,
    b.ints([-1, -1]),
    b.ints([end, end]),
    b.ints([2, 3]),
    b.ints([-1, -1]),
  ]);
  const inside = g.inChannels / g.group;
  const outside = g.outChannels / g.group;
  const swapped =
    g.group === 1
      ? b.transpose(flipped, [1, 0, 2, 3])
      : b.reshape(
          b.transpose(b.reshape(flipped, [g.group, outside, inside, ...g.kernel]), [0, 2, 1, 3, 4]),
          [g.inChannels, outside, ...g.kernel],
        );
  const reach = [0, 1].map((axis) => ((g.kernel[axis] ?? 1) - 1) * (g.dilations[axis] ?? 1));
  return b.op('Conv', [grad, swapped], {
    kernel_shape: g.kernel,
    group: g.group,
    dilations: g.dilations,
    pads: g.pads.map((padding, index) => (reach[index % 2] ?? 0) - padding),
  });
}

function canFlip(g: ConvGeometry): boolean {
  return (
    g.strides.every((stride) => stride === 1) &&
    g.pads.every((padding, index) => {
      const axis = index % 2 === 0 ? 0 : 1;
      return padding <= (g.kernel[axis] - 1) * g.dilations[axis];
    })
  );
}

function gemmCol2Im(b: GraphBuilder, g: ConvGeometry, weight: Value, grad: Value): Value {
  const taps = g.inChannels * g.kernel[0] * g.kernel[1];
  const positions = g.outHeight * g.outWidth;
  const rows = b.reshape(b.transpose(grad, [1, 0, 2, 3]), [g.outChannels, g.batch * positions]);
  const kernels = b.reshape(weight, [g.outChannels, taps]);
  const columns = b.op('Gemm', [kernels, rows], { transA: 1 });
  const byImage = b.transpose(b.reshape(columns, [taps, g.batch, positions]), [1, 0, 2]);
  return b.op('Col2Im', [byImage, b.ints([g.height, g.width]), b.ints(g.kernel)], {
    strides: g.strides,
    dilations: g.dilations,
    pads: g.pads,
  });
}

const lowerings: Record<ConvInputLowering, typeof convTranspose> = {
  'conv-transpose': convTranspose,
  'flipped-conv': (b, g, weight, grad) =>
    canFlip(g) ? flippedConv(b, g, weight, grad) : convTranspose(b, g, weight, grad),
  'gemm-col2im': (b, g, weight, grad) =>
    g.group === 1 ? gemmCol2Im(b, g, weight, grad) : convTranspose(b, g, weight, grad),
};

export function inputGradient(b: GraphBuilder, g: ConvGeometry, weight: Value, grad: Value): Value {
  return lowerings[b.lowerings.convInput(g)](b, g, weight, grad);
}
