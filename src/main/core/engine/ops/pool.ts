import { GraphError, concrete, constantInts, dimAt, elements, sizeAt } from '../graph/shape.ts';
import { filled, intsAttribute, required, slide, slideAll, windowOf } from './helpers.ts';
import { maxPoolGradient } from './max-pool-gradient.ts';
import type { OpDef } from './types.ts';

const attributes = { kernel_shape: 'ints', strides: 'ints', pads: 'ints' } as const;

/** x → [the largest of each window, its flat index in x]. Ties go to the first. */
export const maxPool: OpDef = {
  attributes,
  optionalOutputs: true,
  infer(inputs, given) {
    const { dtype, shape } = required(inputs, 0, 'MaxPool');
    const kernel = intsAttribute(given, 'kernel_shape', []);
    const out = [dimAt(shape, 0), dimAt(shape, 1), ...slideAll(shape, given, kernel, 'MaxPool')];
    return [
      { dtype, shape: out },
      { dtype: 'int64', shape: out },
    ];
  },
  gradient({ b, node, input, output, grad }) {
    const window = windowOf(node.attributes, intsAttribute(node.attributes, 'kernel_shape', []));
    return [maxPoolGradient(b, { window, x: input(0), y: output(0), indices: output(1) }, grad)];
  },
};

/** Emitted by MaxPool's gradient: puts each number where its index says, zero elsewhere. */
export const maxUnpool: OpDef = {
  attributes,
  infer(inputs) {
    const { dtype } = required(inputs, 0, 'MaxUnpool');
    return [{ dtype, shape: constantInts(inputs[2], 'MaxUnpool shape') }];
  },
  gradient: null,
};

/** Mean of each window; padding is not counted, as in Keras. */
export const averagePool: OpDef = {
  attributes,
  infer(inputs, given) {
    const { dtype, shape } = required(inputs, 0, 'AveragePool');
    const kernel = intsAttribute(given, 'kernel_shape', []);
    const out = slideAll(shape, given, kernel, 'AveragePool');
    return [{ dtype, shape: [dimAt(shape, 0), dimAt(shape, 1), ...out] }];
  },
  /** Each output's share of dy, spread over its window by a transposed convolution with ones. */
  gradient({ b, node, input, grad }) {
    const window = windowOf(node.attributes, intsAttribute(node.attributes, 'kernel_shape', []));
    const [batch = 0, channels = 0, height = 0, width = 0] = concrete(input(0).shape);
    const [outHeight, outWidth] = slide(input(0).shape, window, 'AveragePool');
    const rows = covered(height, outHeight, window.kernel[0], window.strides[0], window.pads[0]);
    const columns = covered(width, outWidth, window.kernel[1], window.strides[1], window.pads[1]);
    const shares = b.tensor({
      dtype: 'float32',
      dims: [outHeight, outWidth],
      data: Float32Array.from(rows.flatMap((row) => columns.map((column) => 1 / (row * column)))),
    });
    const share = b.reshape(b.op('Mul', [grad, shares]), [
      batch * channels,
      1,
      outHeight,
      outWidth,
    ]);
    const rest = (size: number, out: number, axis: 0 | 1) =>
      size -
      ((out - 1) * window.strides[axis] +
        window.kernel[axis] -
        window.pads[axis] -
        window.pads[axis === 0 ? 2 : 3]);
    const spread = b.op('ConvTranspose', [share, filled(b, [1, 1, ...window.kernel], 1)], {
      kernel_shape: window.kernel,
      strides: window.strides,
      pads: window.pads,
      output_padding: [rest(height, outHeight, 0), rest(width, outWidth, 1)],
    });
    return [b.reshape(spread, [batch, channels, height, width])];
  },
};

/** How many real pixels each window covers along one axis. */
function covered(
  size: number,
  out: number,
  kernel: number,
  stride: number,
  before: number,
): number[] {
  return Array.from({ length: out }, (_, index) => {
    const start = index * stride - before;
    return Math.min(start + kernel, size) - Math.max(start, 0);
  });
}

/** [N, C, H, W] → [N, C, 1, 1]. */
export const globalAveragePool: OpDef = {
  attributes: {},
  infer(inputs) {
    const { dtype, shape } = required(inputs, 0, 'GlobalAveragePool');
    if (shape.length !== 4) throw new GraphError('GlobalAveragePool is 2-D only');
    return [{ dtype, shape: [dimAt(shape, 0), dimAt(shape, 1), 1, 1] }];
  },
  gradient({ b, input, grad }) {
    const dims = concrete(input(0).shape);
    const count = elements([sizeAt(dims, 2), sizeAt(dims, 3)]);
    return [b.op('Expand', [b.op('Mul', [grad, b.scalar(1 / count)]), b.ints(dims)])];
  },
};
