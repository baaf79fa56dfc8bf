/** Convolutions and pools. */
import type { Node } from '../../graph/types.ts';
import { intsAttribute, windowOf } from '../../ops/helpers.ts';
import { milShape, unsupported, type MilGraph } from './mil-graph.ts';

/** ONNX lists all first sides, then all last ones; Core ML both of each axis. */
function around([top, left, bottom, right]: readonly [number, number, number, number]): number[] {
  return [top, bottom, left, right];
}

export function convolution(
  g: MilGraph,
  { inputs: [x, w, bias], outputs: [y], attributes }: Node,
): void {
  const [, , height = 1, width = 1] = milShape(w!.shape);
  const { strides, dilations, pads } = windowOf(attributes, [height, width]);
  g.add(
    'conv',
    {
      x: g.get(x!),
      weight: g.get(w!),
      bias: bias ? g.get(bias) : undefined,
      strides,
      pad_type: 'custom',
      pad: around(pads),
      dilations,
      groups: Number(attributes['group'] ?? 1),
    },
    y!,
  );
}

/** What `output_padding` adds beyond the last window is the bias alone. */
export function transposedConvolution(
  g: MilGraph,
  { inputs: [x, w, bias], outputs: [y], attributes }: Node,
): void {
  const [, , height = 1, width = 1] = milShape(w!.shape);
  const { strides, dilations, pads } = windowOf(attributes, [height, width]);
  const extra = intsAttribute(attributes, 'output_padding', [0, 0]);
  const [top, left, ...last] = pads;
  const ends = last.map((end, axis) => end - (extra[axis] ?? 0));
  const [bottom = 0, right = 0] = ends.map((end) => Math.max(end, 0));
  const missing = ends.map((end) => Math.max(-end, 0));
  const args = {
    x: g.get(x!),
    weight: g.get(w!),
    strides,
    pad_type: 'custom',
    pad: around([top, left, bottom, right]),
    dilations,
    groups: Number(attributes['group'] ?? 1),
  };
  const add = bias ? g.get(bias) : undefined;
  if (missing.every((size) => size === 0)) {
    g.add('conv_transpose', { ...args, bias: add }, y!);
    return;
  }
  const [batch = 1, channels = 1, ...size] = milShape(y!.shape);
  const inside = size.map((each, axis) => each - missing[axis]!);
  const [down = 0, across = 0] = missing;
  const part = g.step('conv_transpose', args, [batch, channels, ...inside], `${y!.name}_inside`);
  const border = {
    x: part,
    pad: [0, 0, 0, 0, 0, down, 0, across],
    mode: 'constant',
    constant_val: { float: 0 },
  };
  if (!add) {
    g.add('pad', border, y!);
    return;
  }
  const whole = g.step('pad', border, milShape(y!.shape), `${y!.name}_whole`);
  const shape = [1, channels, 1, 1];
  g.add('add', { x: whole, y: g.step('reshape', { x: add, shape }, shape, `${y!.name}_bias`) }, y!);
}

function pool(g: MilGraph, type: string, node: Node, more: Record<string, boolean>): void {
  const { inputs, outputs, attributes } = node;
  const kernel_sizes = intsAttribute(attributes, 'kernel_shape', []);
  const { strides, dilations, pads } = windowOf(attributes, kernel_sizes);
  if (dilations.some((step) => step > 1) || outputs.length > 1) throw unsupported(node.op);
  const window = { kernel_sizes, strides, pad_type: 'custom', pad: around(pads), ceil_mode: false };
  g.add(type, { x: g.get(inputs[0]!), ...window, ...more }, outputs[0]!);
}

export function maxPool(g: MilGraph, node: Node): void {
  pool(g, 'max_pool', node, {});
}

export function averagePool(g: MilGraph, node: Node): void {
  const counted = Boolean(node.attributes['count_include_pad']);
  pool(g, 'avg_pool', node, { exclude_padding_from_average: !counted });
}
