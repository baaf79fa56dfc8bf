/**
 * d loss / d weight of a convolution as convolutions that `engine/blocked` makes fast: of x by dy,
 * with batch and channel axes swapped, as batch-as-channels has it, but for whole blocks of images,
 * or of strips of images, with the padding written out (its edges would be computed one number at a
 * time), and for so few rows of dy at a time that they stay in the processor's cache while all
 * channels of x go by.
 */
import type { GraphBuilder } from '../../graph/builder.ts';
import { GraphError, dimAt, sameShape } from '../../graph/shape.ts';
import type { Value } from '../../graph/types.ts';
import type { ConvGeometry } from './geometry.ts';

/**
 * Bytes of dy that one convolution may have as its kernel, for 64 filters: half of a common cache.
 * They are read again for every row of taps of every channel; few of those can wait for memory.
 */
const KERNEL_BYTES = 512 * 1024;
const FEW_READS = 32;
const KERNEL_BYTES_FEW_READS = 4 * 1024 * 1024;
const FILTERS_AT_A_TIME = 64;

/** More convolutions than this would take longer to set up than they save. */
const MOST_PARTS = 8;

/** How many times as much work images must be for strips, whose rows overlap, to be worth it. */
const WORTH_STRIPS = 1.2;

const swap = [1, 0, 2, 3];
const noPads = [0, 0, 0, 0] as const;

export function batchBlocks(b: GraphBuilder, g: ConvGeometry, x: Value, grad: Value): Value {
  const count = stripsOf(g, b.lowerings.block);
  if (count === 1) return product(b, g, x, grad);
  const strips = inStrips(b, g, count, x, grad);
  return product(b, strips.geometry, strips.x, strips.grad);
}

/**
 * Of how many strips of dy's rows each image is made, so that strips fill whole blocks where images
 * do not: ten images are sixteen with six of zeros, or eighty strips with hardly any.
 */
function stripsOf({ batch, outHeight }: ConvGeometry, block: number): number {
  const waste = (count: number) =>
    (Math.ceil((batch * count) / block) * block * Math.ceil(outHeight / count)) /
    (batch * outHeight);
  // The fewest that fill blocks, and their multiples.
  let least = 1;
  while ((batch * least) % block > 0) least++;
  let best = 1;
  for (let count = least; count <= outHeight; count += least) {
    if (waste(count) < waste(best) / (best === 1 ? WORTH_STRIPS : 1)) best = count;
  }
  return best;
}

/** Strips as images: rows of x that two of them see are in both. */
function inStrips(b: GraphBuilder, g: ConvGeometry, count: number, x: Value, grad: Value) {
  const rows = Math.ceil(g.outHeight / count);
  const step = rows * g.strides[0];
  const height = (rows - 1) * g.strides[0] + (g.kernel[0] - 1) * g.dilations[0] + 1;
  const [top, left, , right] = g.pads;
  // Zeros below, for the last strip to be as high as the others, or rows that no window reaches.
  const below = (count - 1) * step + height - top - g.height;
  const reached =
    below < 0 ? b.op('Slice', [x, b.ints([0]), b.ints([g.height + below]), b.ints([2])]) : x;
  const padded = grown(b, reached, [0, 0, top, left, 0, 0, Math.max(0, below), right]);
  const slopes = grown(b, grad, [0, 0, 0, 0, 0, 0, count * rows - g.outHeight, 0]);
  return {
    geometry: { ...g, batch: g.batch * count, outHeight: rows, pads: noPads },
    x: b.op('Strips', [padded], { count, rows: height, step }),
    grad: b.op('Strips', [slopes], { count, rows, step: rows }),
  };
}

function product(b: GraphBuilder, g: ConvGeometry, x: Value, grad: Value): Value {
  const { block } = b.lowerings;
  const images = Math.ceil(g.batch / block) * block;
  const extra = images - g.batch;
  const [top, left, bottom, right] = g.pads;
  const padded = b.transpose(grown(b, x, [0, 0, top, left, extra, 0, bottom, right]), swap);
  const slopes = b.transpose(grown(b, grad, [0, 0, 0, 0, extra, 0, 0, 0]), swap);
  const columns = (g.outWidth - 1) * g.strides[1] + (g.kernel[1] - 1) * g.dilations[1] + 1;
  const reach = (g.kernel[0] - 1) * g.dilations[0] + 1;

  const { strips, batches } = divided(g, images, block);
  let sum: Value | null = null;
  for (const [first, end] of parts(batches, images / block)) {
    for (const [from, to] of parts(strips, g.outHeight)) {
      const group = [first * block, end * block] as const;
      const rows = [from * g.strides[0], (to - 1) * g.strides[0] + reach] as const;
      const image = cut(b, padded, group, rows, columns);
      const kernel = cut(b, slopes, group, [from, to], g.outWidth);
      const part = b.op('Conv', [image, kernel], {
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

/** How many strips of rows, and how many groups of images, are computed one after the other. */
function divided(
  g: ConvGeometry,
  images: number,
  block: number,
): { strips: number; batches: number } {
  const reads = g.inChannels * g.kernel[0];
  const bytes = reads > FEW_READS ? KERNEL_BYTES : KERNEL_BYTES_FEW_READS;
  const rowBytes = 4 * Math.min(g.outChannels, FILTERS_AT_A_TIME) * block * g.outWidth;
  const blocks = images / block;
  const batches = Math.min(
    blocks,
    MOST_PARTS,
    Math.ceil((blocks * rowBytes * g.outHeight) / bytes),
  );
  const rows = Math.max(1, Math.floor(bytes / (rowBytes * Math.ceil(blocks / batches))));
  const most = Math.max(1, Math.floor(MOST_PARTS / batches));
  return { strips: Math.min(most, Math.ceil(g.outHeight / rows)), batches };
}

/** [first, end) of each part, as equal as can be. */
function parts(count: number, size: number): [number, number][] {
  const edge = (index: number) => Math.round((index * size) / count);
  return Array.from({ length: count }, (_, index) => [edge(index), edge(index + 1)]);
}

/** The given images and rows, and the first columns, of [C, N, H, W]. */
function cut(
  b: GraphBuilder,
  value: Value,
  [first, end]: readonly [number, number],
  [from, to]: readonly [number, number],
  columns: number,
): Value {
  const whole = [dimAt(value.shape, 0), end - first, to - from, columns];
  if (sameShape(value.shape, whole)) return value;
  return b.op('Slice', [
    value,
    b.ints([first, from, 0]),
    b.ints([end, to, columns]),
    b.ints([1, 2, 3]),
  ]);
}

function grown(b: GraphBuilder, value: Value, pads: readonly number[]): Value {
  return pads.every((size) => size === 0) ? value : b.op('Pad', [value, b.ints(pads)]);
}
