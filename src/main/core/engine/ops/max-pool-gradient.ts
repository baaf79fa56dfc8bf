/**
 * d loss / d x of a max pool: dy goes to the winner of each window, of equals to the first.
 *
 *   unpool   MaxUnpool with the winners' places from the pool itself. It overwrites, so it is right
 *            only where no two windows share a winner; asking a pool for places makes it ten times
 *            slower than without.
 *   compare  MaxUnpool with places worked out afterwards, for 2×2 windows side by side: is the winner
 *            in the upper row, is it on the left? Pools of parts of the windows answer that.
 *   late     compare, as one node that `engine/blocked` takes apart when it knows how x lies.
 *   scatter  ScatterElements with addition on the flat tensor: right for overlapping windows too.
 *   windows  for each place of a window, is this the first that equals the winner? The answers times
 *            dy are the channels of a transposed convolution that puts each where its place is. Right
 *            for all windows, without the places that WebGPU's pool does not give.
 */
import type { GraphBuilder } from '../graph/builder.ts';
import { dataTypes } from '../graph/onnx-proto.ts';
import { concrete, elements, sameShape } from '../graph/shape.ts';
import type { Value } from '../graph/types.ts';
import { filled, type Window } from './helpers.ts';
import type { MaxPoolLowering } from './lowerings.ts';

interface Pool {
  window: Window;
  x: Value;
  y: Value;
  /** The pool's own second output; using it is what makes the pool compute it. */
  indices: Value;
}

/** The least float32: what padding counts as in a maximum. */
const LOWEST = -3.4028234663852886e38;

type Lowering = (b: GraphBuilder, pool: Pool, grad: Value) => Value;

const unpool: Lowering = (b, { window, x, indices }, grad) =>
  b.op('MaxUnpool', [grad, indices, b.ints(concrete(x.shape))], {
    kernel_shape: window.kernel,
    strides: window.strides,
    pads: window.pads,
  });

const twoByTwo = { kernel_shape: [2, 2], strides: [2, 2] };

/** How the images of a 2×2 pool's gradient lie. */
export interface ImageLayout {
  /** The operator that pools them. */
  pool: 'MaxPool' | 'NchwcMaxPool';
  /** Channels side by side in a pixel: 1, or the size of a block. */
  block: number;
}

/** d loss / d x of y, the 2×2 max pool of x, without the pool's own places. */
export function comparedGradient(
  b: GraphBuilder,
  { pool, block }: ImageLayout,
  x: Value,
  y: Value,
  grad: Value,
): Value {
  const [batch = 0, channels = 0, height = 0, width = 0] = concrete(x.shape);
  const [, , outHeight = 0, outWidth = 0] = concrete(y.shape);
  const crop = [channels / block, outHeight, outWidth, block] as const;
  const part = (kernel: readonly number[]) => {
    const all = b.op(pool, [x], { kernel_shape: kernel, strides: [2, 2] });
    // At an odd edge a smaller kernel finds one more place than the pool had.
    return sameShape(all.shape, y.shape) ? all : cropped(b, all, crop);
  };
  const lower = b.op('Greater', [y, part([1, 2])]);
  const notFirst = b.op('Greater', [y, part([1, 1])]);
  const notLeft = b.op('Greater', [y, part([2, 1])]);
  // Above, the first is the left one; below, the left column has it or has not.
  const right = b.op('And', [notFirst, b.op('Or', [b.op('Not', [lower]), notLeft])]);

  const steps = (value: Value, step: number) => {
    const counted = b.op('Cast', [value], { to: dataTypes.int64 });
    return step === 1 ? counted : b.op('Mul', [counted, b.ints([step])]);
  };
  const planes = (batch * channels) / block;
  const corners = windowCorners(planes, [height, width], [outHeight, outWidth], block);
  const base = b.tensor({ dtype: 'int64', dims: concrete(y.shape), data: corners });
  const across = b.op('Add', [base, steps(right, block)]);
  const places = b.op('Add', [across, steps(lower, width * block)]);
  return b.op('MaxUnpool', [grad, places, b.ints(concrete(x.shape))], twoByTwo);
}

/** The first rows and columns of [N, C, H, W], whose channels lie in blocks of the given size. */
function cropped(
  b: GraphBuilder,
  value: Value,
  [planes, height, width, block]: readonly [number, number, number, number],
): Value {
  const [batch = 0, channels = 0, allHeight = 0, allWidth = 0] = concrete(value.shape);
  const apart = b.reshape(value, [batch, planes, allHeight, allWidth, block]);
  const cut = b.op('Slice', [apart, b.ints([0, 0]), b.ints([height, width]), b.ints([2, 3])]);
  return b.reshape(cut, [batch, channels, height, width]);
}

/** Flat place of each 2×2 window's upper left number. */
function windowCorners(
  planes: number,
  [height, width]: readonly [number, number],
  [outHeight, outWidth]: readonly [number, number],
  block: number,
): BigInt64Array {
  const corners = new BigInt64Array(planes * outHeight * outWidth * block);
  let at = 0;
  for (let plane = 0; plane < planes; plane++) {
    for (let row = 0; row < outHeight; row++) {
      const start = plane * height * width + 2 * row * width;
      for (let column = 0; column < outWidth; column++) {
        const first = (start + 2 * column) * block;
        for (let lane = 0; lane < block; lane++) corners[at++] = BigInt(first + lane);
      }
    }
  }
  return corners;
}

const compare: Lowering = (b, { x, y }, grad) =>
  comparedGradient(b, { pool: 'MaxPool', block: 1 }, x, y, grad);

const late: Lowering = (b, { x, y }, grad) => b.op('MaxPoolGradient', [x, y, grad]);

function scatter(b: GraphBuilder, { x, indices }: Pool, grad: Value): Value {
  const dims = concrete(x.shape);
  const zeros = filled(b, [elements(dims)], 0);
  const flat = b.op('ScatterElements', [zeros, b.reshape(indices, [-1]), b.reshape(grad, [-1])], {
    axis: 0,
    reduction: 'add',
  });
  return b.reshape(flat, dims);
}

function windows(b: GraphBuilder, { window, x, y }: Pool, grad: Value): Value {
  const { kernel, strides, pads } = window;
  const [batch = 0, channels = 0, height = 0, width = 0] = concrete(x.shape);
  const [, , outHeight = 0, outWidth = 0] = concrete(y.shape);
  const [top, left, bottom, right] = pads;
  const padded = pads.some((padding) => padding > 0)
    ? b.op('Pad', [x, b.ints([0, 0, top, left, 0, 0, bottom, right]), b.scalar(LOWEST)])
    : x;
  const reach = [(outHeight - 1) * strides[0] + 1, (outWidth - 1) * strides[1] + 1] as const;
  const places = kernel[0] * kernel[1];
  const plane = [batch * channels, 1, outHeight, outWidth];
  // 1 until a window's winner is found.
  let open: Value | undefined;
  const parts = Array.from({ length: places }, (_, index) => {
    const [row, column] = [Math.floor(index / kernel[1]), index % kernel[1]];
    const part = b.op('Slice', [
      padded,
      b.ints([row, column]),
      b.ints([row + reach[0], column + reach[1]]),
      b.ints([2, 3]),
      b.ints(strides),
    ]);
    const below = b.op('Cast', [b.op('Greater', [y, part])], { to: dataTypes.float32 });
    const equal = b.op('Sub', [b.scalar(1), below]);
    const first = open ? b.op('Mul', [equal, open]) : equal;
    open = open ? b.op('Sub', [open, first]) : below;
    return b.reshape(b.op('Mul', [first, grad]), plane);
  });
  const kernels = b.tensor({
    dtype: 'float32',
    dims: [places, 1, ...kernel],
    data: Float32Array.from({ length: places * places }, (_, at) => (at % (places + 1) ? 0 : 1)),
  });
  const rest = (size: number, out: number, axis: 0 | 1) =>
    size - ((out - 1) * strides[axis] + kernel[axis] - pads[axis] - pads[axis === 0 ? 2 : 3]);
  const placed = b.op('ConvTranspose', [b.op('Concat', parts, { axis: 1 }), kernels], {
    kernel_shape: kernel,
    strides,
    pads,
    output_padding: [rest(height, outHeight, 0), rest(width, outWidth, 1)],
  });
  return b.reshape(placed, concrete(x.shape));
}

const lowerings: Record<MaxPoolLowering, Lowering> = {
  unpool,
  compare,
  late,
  scatter,
  windows,
};

/** The wanted lowering, or the nearest one that is right for the window. */
function suitable({ kernel, strides, pads }: Window, wanted: MaxPoolLowering): MaxPoolLowering {
  if (wanted === 'windows') return wanted;
  const overlapping = kernel.some((size, axis) => size > (strides[axis] ?? 1));
  if (overlapping) return 'scatter';
  const plain =
    [...kernel, ...strides].every((size) => size === 2) && pads.every((pad) => pad === 0);
  return plain || wanted === 'scatter' ? wanted : 'unpool';
}

export function maxPoolGradient(b: GraphBuilder, pool: Pool, grad: Value): Value {
  return lowerings[suitable(pool.window, b.lowerings.maxPool)](b, pool, grad);
}
