/** Convolutions and pools. */
import { padAxis } from '../../layers/window.ts';
import { windowOf } from '../../ops/helpers.ts';
import { GraphError, sizeAt } from '../../graph/shape.ts';
import type { Node, Value } from '../../graph/types.ts';
import { floatsOf } from '../rewrite.ts';
import { liteShape, permuted, TO_IMAGE, transpose, type LiteBuilder } from './builder.ts';

const SAME = 0;
const VALID = 1;

type Pads = readonly [top: number, left: number, bottom: number, right: number];

/** TensorFlow's 'same' or 'valid' where the padding is one of them, else null. */
function paddingOf(x: Value, pads: Pads, reach: readonly number[], strides: readonly number[]) {
  if (pads.every((pad) => pad === 0)) return VALID;
  const [top, bottom] = padAxis(sizeAt(x.shape, 2), reach[0]!, strides[0]!);
  const [left, right] = padAxis(sizeAt(x.shape, 3), reach[1]!, strides[1]!);
  return pads.join() === [top, left, bottom, right].join() ? SAME : null;
}

function imageShape(value: Value): number[] {
  return permuted(liteShape(value.shape), TO_IMAGE);
}

/** The image with a border of `fill`. */
function padded(b: LiteBuilder, x: Value, pads: Pads, fill: number): number {
  const from = b.get(x, 'image');
  const [top, left, bottom, right] = pads;
  const [batch = -1, height = 0, width = 0, channels = 0] = b.shapeOf(from);
  const widths = b.tensor({
    name: `${x.name}_border`,
    type: 'int32',
    shape: [4, 2],
    data: Int32Array.of(0, 0, top, bottom, left, right, 0, 0),
    source: null,
  });
  const shape = [batch, height + top + bottom, width + left + right, channels];
  const output = { shape, name: `${x.name}_padded`, source: x.name };
  return fill === 0
    ? b.add('PAD', [from, widths], output)
    : b.add('PADV2', [from, widths, b.float(fill)], output);
}

function weightsOf(node: Node): { kernel: Value; data: Float32Array; dims: readonly number[] } {
  const kernel = node.inputs[1]!;
  const data = floatsOf(kernel);
  if (!data) throw new GraphError(`${node.op} without constant weights`);
  return { kernel, data, dims: kernel.constant!.dims };
}

function biasOf(b: LiteBuilder, node: Node, filters: number): number {
  const bias = node.inputs[2];
  if (bias) return b.get(bias, 'plain');
  return b.floats(new Float32Array(filters), [filters], `${node.inputs[1]!.name}_no_bias`);
}

export function convolution(b: LiteBuilder, node: Node): void {
  const [x] = node.inputs;
  const [y] = node.outputs;
  const { kernel, data, dims } = weightsOf(node);
  const [filters = 1, inside = 1, height = 1, width = 1] = dims;
  const { strides, dilations, pads } = windowOf(node.attributes, [height, width]);
  const reach = [(height - 1) * dilations[0] + 1, (width - 1) * dilations[1] + 1];
  const padding = paddingOf(x!, pads, reach, strides);
  const image = padding === null ? padded(b, x!, pads, 0) : b.get(x!, 'image');
  const groups = Number(node.attributes['group'] ?? 1);
  const channels = sizeAt(x!.shape, 1);
  const depthwise = groups > 1 && groups === channels && inside === 1;
  // [filters, height, width, channels of a group]; a depthwise one has its filters last.
  const perm = depthwise ? [1, 2, 3, 0] : TO_IMAGE;
  const weights = b.floats(transpose(data, dims, perm), permuted(dims, perm), kernel.name);
  const inputs = [image, weights, biasOf(b, node, filters)];
  const output = { shape: imageShape(y!), name: y!.name, source: y!.name };
  const options = {
    padding: padding ?? VALID,
    stride_h: strides[0],
    stride_w: strides[1],
    dilation_h_factor: dilations[0],
    dilation_w_factor: dilations[1],
  };
  const made = depthwise
    ? b.add('DEPTHWISE_CONV_2D', inputs, output, {
        ...options,
        depth_multiplier: filters / channels,
      })
    : b.add('CONV_2D', inputs, output, options);
  b.set(y!, 'image', made);
}

export function transposedConvolution(b: LiteBuilder, node: Node): void {
  const [x] = node.inputs;
  const [y] = node.outputs;
  const { kernel, data, dims } = weightsOf(node);
  const [, filters = 1, height = 1, width = 1] = dims;
  const { strides, pads } = windowOf(node.attributes, [height, width]);
  const sizes = [sizeAt(y!.shape, 2), sizeAt(y!.shape, 3)] as const;
  // Padding is said of the convolution that this one is the adjoint of.
  const image: Value = { ...x!, shape: y!.shape };
  const padding = paddingOf(image, pads, [height, width], strides);
  if (padding === null || Number(node.attributes['group'] ?? 1) !== 1) {
    throw new GraphError(`${node.op} with this padding or groups`);
  }
  const perm = [1, 2, 3, 0];
  const weights = b.floats(transpose(data, dims, perm), permuted(dims, perm), kernel.name);
  const shape = b.ints([1, ...sizes, filters]);
  const inputs = [shape, weights, b.get(x!, 'image'), biasOf(b, node, filters)];
  const output = { shape: imageShape(y!), name: y!.name, source: y!.name };
  const options = { padding, stride_h: strides[0], stride_w: strides[1] };
  b.set(y!, 'image', b.add('TRANSPOSE_CONV', inputs, output, options));
}

export function pool(b: LiteBuilder, node: Node): void {
  const [x] = node.inputs;
  const [y] = node.outputs;
  const kernel = node.attributes['kernel_shape'] as readonly number[];
  const { strides, pads, dilations } = windowOf(node.attributes, kernel);
  if (dilations.some((step) => step > 1)) throw new GraphError(`${node.op} with gaps`);
  const max = node.op === 'MaxPool';
  const countsBorder = Boolean(node.attributes['count_include_pad']);
  const known = paddingOf(x!, pads, kernel, strides);
  // 'same' leaves the border out of an average.
  const padding = !max && countsBorder && known === SAME ? null : known;
  const image = padding === null ? padded(b, x!, pads, max ? -Infinity : 0) : b.get(x!, 'image');
  const options = {
    padding: padding ?? VALID,
    stride_h: strides[0],
    stride_w: strides[1],
    filter_height: kernel[0] ?? 1,
    filter_width: kernel[1] ?? 1,
  };
  const output = { shape: imageShape(y!), name: y!.name, source: y!.name };
  const made = b.add(max ? 'MAX_POOL_2D' : 'AVERAGE_POOL_2D', [image], output, options);
  const uneven = !max && padding === null && !countsBorder;
  b.set(y!, 'image', uneven ? withoutBorder(b, made, x!, y!, { kernel, strides, pads }) : made);
}

/** Averages that counted zeros of a border, of what was inside only. */
function withoutBorder(
  b: LiteBuilder,
  averages: number,
  x: Value,
  y: Value,
  { kernel, strides, pads }: { kernel: readonly number[]; strides: readonly number[]; pads: Pads },
): number {
  const inside = (axis: 0 | 1) =>
    Array.from({ length: sizeAt(y.shape, 2 + axis) }, (_, at) => {
      const from = at * strides[axis]! - pads[axis];
      const to = Math.min(from + kernel[axis]!, sizeAt(x.shape, 2 + axis));
      return kernel[axis]! / (to - Math.max(from, 0));
    });
  const [rows, columns] = [inside(0), inside(1)];
  const factors = Float32Array.from(rows.flatMap((row) => columns.map((column) => row * column)));
  const constant = b.floats(factors, [1, rows.length, columns.length, 1], `${y.name}_share`);
  return b.add('MUL', [averages, constant], {
    shape: b.shapeOf(averages),
    name: `${y.name}_inside`,
    source: y.name,
  });
}
