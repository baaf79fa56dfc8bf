/**
 * d loss / d weight of a convolution, [O, C, kh, kw]:
 *
 *   dW[o, c, i, j] = Σ over n, y, x of dy[n, o, y, x] · x[n, c, y·s + i·d − p, x·s + j·d − p]
 *
 *   batch-as-channels  a convolution of x by dy with batch and channel axes swapped, so that the sum
 *                      over the batch is the sum over input channels; stride and dilation change
 *                      places. Its GEMMs are only kh·kw wide: good for few input channels.
 *   batch-blocks       batch-as-channels for graphs that go through `engine/blocked`: see
 *                      batch-blocks.ts.
 *   im2col-gemm        all windows side by side (Slice + Concat), then one GEMM. A few images at a
 *                      time where all windows together would not fit a cache: the windows are
 *                      kh·kw times as large as the images.
 *   shifted-gemm       the same, but dy is laid out on x's own grid, with zeros where no window
 *                      begins, so that a window offset is one shift of the flat image rows: long
 *                      copies instead of many short ones, for some wasted products. Stride 1 only.
 *   shifted-gemms      shifted-gemm with one GEMM per offset, without joining the shifted copies.
 */
import type { GraphBuilder } from '../../graph/builder.ts';
import { GraphError, sameShape } from '../../graph/shape.ts';
import type { Value } from '../../graph/types.ts';
import type { ConvWeightLowering } from '../lowerings.ts';
import type { ConvGeometry } from './geometry.ts';
import { batchBlocks } from './batch-blocks.ts';
import { groupedBatchAsChannels, groupedIm2col, groupsOf } from './grouped-weight-gradient.ts';

type Lowering = (b: GraphBuilder, g: ConvGeometry, x: Value, grad: Value) => Value;

const swap = [1, 0, 2, 3];

function batchAsChannels(b: GraphBuilder, g: ConvGeometry, x: Value, grad: Value): Value {
  // Rows and columns at the far edge that no window reached would give extra kernel taps.
  const pads = [...g.pads];
  const crop = [0, 0];
  for (const axis of [0, 1] as const) {
    const size = axis === 0 ? g.height : g.width;
    const out = axis === 0 ? g.outHeight : g.outWidth;
    const before = g.pads[axis];
    const after = g.pads[axis === 0 ? 2 : 3];
    const reached = (out - 1) * g.strides[axis] + (g.kernel[axis] - 1) * g.dilations[axis] + 1;
    const wanted = after - (size + before + after - reached);
    pads[axis + 2] = Math.max(0, wanted);
    crop[axis] = Math.max(0, -wanted);
  }
  const [cropHeight = 0, cropWidth = 0] = crop;
  const used =
    cropHeight || cropWidth
      ? b.op('Slice', [
          x,
          b.ints([0, 0]),
          b.ints([g.height - cropHeight, g.width - cropWidth]),
          b.ints([2, 3]),
        ])
      : x;
  if (g.group > 1) {
    const part = { x: used, height: g.height - cropHeight, width: g.width - cropWidth, pads };
    return groupedBatchAsChannels(b, g, part, grad);
  }
  const swapped = b.op('Conv', [b.transpose(used, swap), b.transpose(grad, swap)], {
    kernel_shape: [g.outHeight, g.outWidth],
    strides: g.dilations,
    dilations: g.strides,
    pads,
  });
  return b.transpose(swapped, swap);
}

/** x as [C, N, H + padding, W + padding]. */
function channelsFirst(b: GraphBuilder, g: ConvGeometry, x: Value): Value {
  const swapped = b.transpose(x, swap);
  if (g.pads.every((padding) => padding === 0)) return swapped;
  const [top, left, bottom, right] = g.pads;
  return b.op('Pad', [swapped, b.ints([0, 0, top, left, 0, 0, bottom, right])]);
}

/** [O, kh·kw·C] → [O, C, kh, kw]. */
function untangle(b: GraphBuilder, g: ConvGeometry, product: Value): Value {
  const [kh, kw] = g.kernel;
  return b.transpose(b.reshape(product, [g.outChannels, kh, kw, g.inChannels]), [0, 3, 1, 2]);
}

function offsets(g: ConvGeometry): [number, number][] {
  const [kh, kw] = g.kernel;
  return Array.from({ length: kh * kw }, (_, index) => [
    Math.floor(index / kw) * g.dilations[0],
    (index % kw) * g.dilations[1],
  ]);
}

/** More groups than this would cost more in operators than they save in cache misses. */
const MOST_GROUPS = 16;

/** [first, end) of each group of images, as equal as can be. */
function imageGroups(b: GraphBuilder, g: ConvGeometry): [number, number][] {
  const [kh, kw] = g.kernel;
  // One tap's windows are the images themselves.
  if (kh * kw === 1) return [[0, g.batch]];
  const bytes = 4 * kh * kw * g.inChannels * g.batch * g.outHeight * g.outWidth;
  const count = Math.min(
    g.batch,
    MOST_GROUPS,
    Math.max(1, Math.ceil(bytes / b.lowerings.windowBytes)),
  );
  const edge = (index: number) => Math.round((index * g.batch) / count);
  return Array.from({ length: count }, (_, index) => [edge(index), edge(index + 1)]);
}

/** For each tap of the kernel, what it sees of the images [first, end): channels first. */
function tapColumns(
  b: GraphBuilder,
  g: ConvGeometry,
  source: Value,
  [first, end]: [number, number],
): Value[] {
  const whole = [g.inChannels, end - first, g.outHeight, g.outWidth];
  if (g.kernel[0] * g.kernel[1] === 1 && sameShape(source.shape, whole)) return [source];
  return offsets(g).map(([row, column]) =>
    b.op('Slice', [
      source,
      b.ints([first, row, column]),
      b.ints([
        end,
        row + (g.outHeight - 1) * g.strides[0] + 1,
        column + (g.outWidth - 1) * g.strides[1] + 1,
      ]),
      b.ints([1, 2, 3]),
      b.ints([1, ...g.strides]),
    ]),
  );
}

function im2colGemm(b: GraphBuilder, g: ConvGeometry, x: Value, grad: Value): Value {
  if (g.group > 1) {
    return groupedIm2col(b, g, tapColumns(b, g, channelsFirst(b, g, x), [0, g.batch]), grad);
  }
  const taps = g.inChannels * g.kernel[0] * g.kernel[1];
  // The runtime packs the second factor, and takes its rows badly when it is the larger one.
  const windowsFirst = taps > g.outChannels;
  const groups = imageGroups(b, g);
  const source = channelsFirst(b, g, x);
  const swapped = b.transpose(grad, swap);
  let sum: Value | null = null;
  for (const [first, end] of groups) {
    const positions = (end - first) * g.outHeight * g.outWidth;
    const columns = tapColumns(b, g, source, [first, end]);
    const [only] = columns;
    const joined = only && columns.length === 1 ? only : b.op('Concat', columns, { axis: 0 });
    const windows = b.reshape(joined, [taps, positions]);
    const part =
      groups.length === 1
        ? swapped
        : b.op('Slice', [swapped, b.ints([first]), b.ints([end]), b.ints([1])]);
    const rows = b.reshape(part, [g.outChannels, positions]);
    const factors: Value[] = windowsFirst ? [windows, rows] : [rows, windows];
    // The sum so far is the product's third operand: added in a fixed order, in place.
    sum = b.op('Gemm', sum ? [...factors, sum] : factors, { transB: 1 });
  }
  if (!sum) throw new GraphError('Conv of no images');
  if (!windowsFirst) return untangle(b, g, sum);
  const [kh, kw] = g.kernel;
  return b.transpose(b.reshape(sum, [kh, kw, g.inChannels, g.outChannels]), [3, 2, 0, 1]);
}

/** dy on x's padded grid and x, both flat, with the length of what every shift has in common. */
function onOneGrid(b: GraphBuilder, g: ConvGeometry, x: Value, grad: Value) {
  const height = g.height + g.pads[0] + g.pads[2];
  const width = g.width + g.pads[1] + g.pads[3];
  const total = g.batch * height * width;
  const shifts = offsets(g).map(([row, column]) => row * width + column);
  const length = total - Math.max(...shifts);
  const source = b.reshape(channelsFirst(b, g, x), [g.inChannels, total]);
  const spread = b.op('Pad', [
    b.transpose(grad, swap),
    b.ints([0, 0, 0, 0, 0, 0, height - g.outHeight, width - g.outWidth]),
  ]);
  const rows = b.op('Slice', [
    b.reshape(spread, [g.outChannels, total]),
    b.ints([0]),
    b.ints([length]),
    b.ints([1]),
  ]);
  const columns = shifts.map((shift) =>
    b.op('Slice', [source, b.ints([shift]), b.ints([shift + length]), b.ints([1])]),
  );
  return { rows, columns };
}

function shiftedGemm(b: GraphBuilder, g: ConvGeometry, x: Value, grad: Value): Value {
  const { rows, columns } = onOneGrid(b, g, x, grad);
  const joined = b.op('Concat', columns, { axis: 0 });
  return untangle(b, g, b.op('Gemm', [rows, joined], { transB: 1 }));
}

function shiftedGemms(b: GraphBuilder, g: ConvGeometry, x: Value, grad: Value): Value {
  const { rows, columns } = onOneGrid(b, g, x, grad);
  const products = columns.map((column) => b.op('Gemm', [rows, column], { transB: 1 }));
  return untangle(b, g, b.op('Concat', products, { axis: 1 }));
}

const lowerings: Record<ConvWeightLowering, Lowering> = {
  'batch-as-channels': batchAsChannels,
  'batch-blocks': (b, g, x, grad) => (g.group === 1 ? batchBlocks : im2colGemm)(b, g, x, grad),
  'im2col-gemm': im2colGemm,
  'shifted-gemm': unitStride(shiftedGemm),
  'shifted-gemms': unitStride(shiftedGemms),
};

/** Else im2col, which takes any stride and any groups. */
function unitStride(lowering: Lowering): Lowering {
  return (b, g, x, grad) =>
    g.group === 1 && g.strides.every((stride) => stride === 1)
      ? lowering(b, g, x, grad)
      : im2colGemm(b, g, x, grad);
}

export function weightGradient(b: GraphBuilder, g: ConvGeometry, x: Value, grad: Value): Value {
  // What counts for the choice is the size of one group's products.
  const { inside, outside } = groupsOf(g);
  const name = b.lowerings.convWeight({ ...g, inChannels: inside, outChannels: outside });
  return lowerings[name](b, g, x, grad);
}
