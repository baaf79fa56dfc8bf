/**
 * d loss / d weight of a convolution as convolutions that `engine/blocked` makes fast: of x by dy,
 * with batch and channel axes swapped, as batch-as-channels has it, but for whole blocks of images,
 * with the padding written out (its edges would be computed one number at a time), and for so few
 * rows of dy at a time that they stay in the processor's cache while all channels of x go by.
 */
import type { GraphBuilder } from '../../graph/builder.ts';
import { GraphError, dimAt, sameShape } from '../../graph/shape.ts';
import type { Value } from '../../graph/types.ts';
import type { ConvGeometry } from './geometry.ts';

/** Bytes of dy that one convolution may have as its kernel, for 64 filters: half of a common cache. */
const KERNEL_BYTES = 512 * 1024;
const FILTERS_AT_A_TIME = 64;

const swap = [1, 0, 2, 3];

export function batchBlocks(b: GraphBuilder, g: ConvGeometry, x: Value, grad: Value): Value {
  const { block } = b.lowerings;
  const images = Math.ceil(g.batch / block) * block;
  const extra = images - g.batch;
  const [top, left, bottom, right] = g.pads;
  const padded = grown(b, x, [0, 0, top, left, extra, 0, bottom, right]);
  const slopes = grown(b, grad, [0, 0, 0, 0, extra, 0, 0, 0]);
  const columns = (g.outWidth - 1) * g.strides[1] + (g.kernel[1] - 1) * g.dilations[1] + 1;
  const reach = (g.kernel[0] - 1) * g.dilations[0] + 1;

  const rowBytes = 4 * Math.min(g.outChannels, FILTERS_AT_A_TIME) * block * g.outWidth;
  const rows = Math.max(1, Math.floor(KERNEL_BYTES / rowBytes));
  const strips = Math.ceil(g.outHeight / rows);
  // With few rows an image, several blocks of images share a convolution.
  const blocks = strips > 1 ? 1 : Math.max(1, Math.floor(KERNEL_BYTES / (rowBytes * g.outHeight)));
  let sum: Value | null = null;
  for (let first = 0; first < images; first += blocks * block) {
    const end = Math.min(images, first + blocks * block);
    for (let strip = 0; strip < strips; strip++) {
      const from = Math.round((strip * g.outHeight) / strips);
      const to = Math.round(((strip + 1) * g.outHeight) / strips);
      const image = cut(
        b,
        padded,
        [first, end],
        [from * g.strides[0], (to - 1) * g.strides[0] + reach],
        columns,
      );
      const kernel = cut(b, slopes, [first, end], [from, to], g.outWidth);
      const part = b.op('Conv', [b.transpose(image, swap), b.transpose(kernel, swap)], {
        kernel_shape: [to - from, g.outWidth],
        strides: g.dilations,
        dilations: g.strides,
      });
      sum = sum ? b.op('Add', [sum, part]) : part;
    }
  }
  if (!sum) throw new GraphError('Conv of no images');
  return b.transpose(sum, swap);
}

/** The given images and rows, and the first columns, of [N, C, H, W]. */
function cut(
  b: GraphBuilder,
  value: Value,
  [first, end]: readonly [number, number],
  [from, to]: readonly [number, number],
  columns: number,
): Value {
  const whole = [end - first, dimAt(value.shape, 1), to - from, columns];
  if (sameShape(value.shape, whole)) return value;
  return b.op('Slice', [
    value,
    b.ints([first, from, 0]),
    b.ints([end, to, columns]),
    b.ints([0, 2, 3]),
  ]);
}

function grown(b: GraphBuilder, value: Value, pads: readonly number[]): Value {
  return pads.every((size) => size === 0) ? value : b.op('Pad', [value, b.ints(pads)]);
}
