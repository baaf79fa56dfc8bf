/**
 * d loss / d weight of a convolution in groups, [O, C / group, kh, kw]. Group q sees only its own
 * channels of x and dy, so the ways of weight-gradient.ts become:
 *
 *   batch-as-channels  one convolution in as many groups: the images are the input channels of each,
 *                      and the channels within a group take the place of the batch. The runtime's
 *                      grouped convolution walks the groups itself, which is the only good way for
 *                      depthwise kernels, where a group's GEMM has a single row.
 *   im2col             all windows side by side (Slice + Concat), then one stack of GEMMs. All other
 *                      lowerings mean this one here.
 */
import type { GraphBuilder } from '../../graph/builder.ts';
import type { Value } from '../../graph/types.ts';
import type { ConvGeometry } from './geometry.ts';

interface Groups {
  count: number;
  /** Channels of x and of dy in each. */
  inside: number;
  outside: number;
}

export function groupsOf(g: ConvGeometry): Groups {
  return { count: g.group, inside: g.inChannels / g.group, outside: g.outChannels / g.group };
}

/**
 * @param used x without what no window reached
 * @param pads that leave exactly kh × kw outputs
 */
export function groupedBatchAsChannels(
  b: GraphBuilder,
  g: ConvGeometry,
  used: { x: Value; height: number; width: number; pads: readonly number[] },
  grad: Value,
): Value {
  const { count, inside } = groupsOf(g);
  const { height, width } = used;
  const split = b.reshape(used.x, [g.batch, count, inside, height, width]);
  const images = b.reshape(b.transpose(split, [2, 1, 0, 3, 4]), [
    inside,
    count * g.batch,
    height,
    width,
  ]);
  const swapped = b.op('Conv', [images, b.transpose(grad, [1, 0, 2, 3])], {
    kernel_shape: [g.outHeight, g.outWidth],
    strides: g.dilations,
    dilations: g.strides,
    pads: used.pads,
    group: count,
  });
  return b.transpose(swapped, [1, 0, 2, 3]);
}

/** @param columns one [C, N, H′, W′] for each tap of the kernel, rows before columns */
export function groupedIm2col(
  b: GraphBuilder,
  g: ConvGeometry,
  columns: readonly Value[],
  grad: Value,
): Value {
  const { count, inside, outside } = groupsOf(g);
  const [kh, kw] = g.kernel;
  const positions = g.batch * g.outHeight * g.outWidth;
  const parts = columns.map((column) => b.reshape(column, [count, inside, positions]));
  const joined = b.op('Concat', parts, { axis: 1 });
  const rows = b.reshape(b.transpose(grad, [1, 0, 2, 3]), [count, outside, positions]);
  const product = b.op('MatMul', [rows, b.transpose(joined, [0, 2, 1])]);
  const untangled = b.transpose(
    b.reshape(product, [count, outside, kh * kw, inside]),
    [0, 1, 3, 2],
  );
  return b.reshape(untangled, [g.outChannels, inside, kh, kw]);
}
