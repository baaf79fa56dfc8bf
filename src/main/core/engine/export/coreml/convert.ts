/**
 * A graph that answers, as operations of a Core ML program. Both have their images as [N, C, H, W];
 * Core ML takes one image at a time, so that every shape is known.
 */
import { constantInts, normalizeAxis } from '../../graph/shape.ts';
import type { Graph, Node, Value } from '../../graph/types.ts';
import type { OpName } from '../../graph/op-names.ts';
import { floatsOf } from '../rewrite.ts';
import { transpose } from '../tflite/builder.ts';
import type { MilValue } from './builder.ts';
import { MilGraph, milShape, MOST_AXES, unsupported } from './mil-graph.ts';
import { averagePool, convolution, maxPool, transposedConvolution } from './windows.ts';

type Rule = (g: MilGraph, node: Node) => void;

/** @throws AppError MODEL_INVALID that names an operator which Core ML has not */
export function toMil(graph: Graph): { g: MilGraph; probabilities: MilValue } {
  const g = new MilGraph(graph);
  for (const node of graph.nodes) {
    if (node.inputs[0] && g.isInput(node.inputs[0])) {
      turnedImage(g, node);
      continue;
    }
    const rule = rules[node.op];
    const many = [...node.inputs, ...node.outputs].some(
      (value) => (value?.shape.length ?? 0) > MOST_AXES,
    );
    // Without the axis of the batch, those that are named by number would be others.
    if (!rule || (many && node.op !== 'Reshape' && node.op !== 'Expand'))
      throw unsupported(node.op);
    rule(g, node);
  }
  return { g, probabilities: g.get(graph.outputs.get('probabilities')!) };
}

/** Graphs begin by putting channels first, which Core ML's images have already. */
function turnedImage(g: MilGraph, { op, outputs: [y], attributes }: Node): void {
  const turned = op === 'Reshape' || String(attributes['perm']) === '0,3,1,2';
  if (!turned || milShape(y!.shape).join() !== g.image.shape.join()) throw unsupported(op);
  g.set(y!, g.image);
}

const unary =
  (type: string): Rule =>
  (g, { inputs: [x], outputs: [y] }) =>
    g.add(type, { x: g.get(x!) }, y!);

const binary =
  (type: string): Rule =>
  (g, { inputs: [x, other], outputs: [y] }) =>
    g.add(type, { x: g.get(x!), y: g.get(other!) }, y!);

const alias: Rule = (g, { inputs: [x], outputs: [y] }) => g.set(y!, g.get(x!));

const reduce =
  (type: string): Rule =>
  (g, { inputs: [x, axes], outputs: [y], attributes }) => {
    const all = x!.shape.map((_, axis) => axis);
    const list = axes ? constantInts(axes, 'axes') : all;
    const keep_dims = (attributes['keepdims'] ?? 1) === 1;
    const named = list.map((axis) => normalizeAxis(axis, x!.shape.length));
    g.add(type, { x: g.get(x!), axes: named, keep_dims }, y!);
  };

const gemm: Rule = (g, { inputs: [x, w, c], outputs: [y], attributes }) => {
  const data = floatsOf(w);
  const plain = ['alpha', 'beta'].every((name) => (attributes[name] ?? 1) === 1);
  const flat = !c || c.shape.filter((size) => size !== 1).length <= 1;
  if (!data || !plain || !flat || attributes['transA']) throw unsupported('Gemm');
  const dims = w!.constant!.dims;
  const [inputs = 1, units = 1] = attributes['transB'] ? dims.toReversed() : dims;
  const bias = floatsOf(c);
  if (c && bias?.length !== units) throw unsupported('Gemm');
  g.add(
    'linear',
    {
      x: g.get(x!),
      weight: g.laidOut(w!, () => ({
        shape: [units, inputs],
        data: attributes['transB'] ? data : transpose(data, [inputs, units], [1, 0]),
      })),
      bias: bias ? g.laidOut(c!, () => ({ shape: [units], data: bias })) : undefined,
    },
    y!,
  );
};

/** x − log Σ eˣ, which Core ML has without overflow. */
const logSoftmax: Rule = (g, { inputs: [x], outputs: [y], attributes }) => {
  const axis = normalizeAxis(Number(attributes['axis'] ?? -1), x!.shape.length);
  const from = g.get(x!);
  const shape = from.shape.map((size, at) => (at === axis ? 1 : size));
  const args = { x: from, axes: [axis], keep_dims: true };
  const sum = g.step('reduce_log_sum_exp', args, shape, `${y!.name}_sum`);
  g.add('sub', { x: from, y: sum }, y!);
};

const softmax: Rule = (g, { inputs: [x], outputs: [y], attributes }) =>
  g.add('softmax', { x: g.get(x!), axis: Number(attributes['axis'] ?? -1) }, y!);

const clip: Rule = (g, { inputs: [x, low, high], outputs: [y] }) => {
  const [from, to] = [low, high].map((bound) => floatsOf(bound)?.[0]);
  const of = g.get(x!);
  if (from === 0 && to === 6) g.add('relu6', { x: of }, y!);
  else if (from !== undefined && to !== undefined) {
    g.add('clip', { x: of, alpha: { float: from }, beta: { float: to } }, y!);
  } else if (from !== undefined) g.add('maximum', { x: of, y: { float: from } }, y!);
  else if (to !== undefined) g.add('minimum', { x: of, y: { float: to } }, y!);
  else g.set(y!, of);
};

const max: Rule = (g, { inputs, outputs: [y] }) => {
  const [first, ...others] = (inputs as Value[]).map((value) => g.get(value));
  const last = others.pop();
  if (!first || !last) throw unsupported('Max');
  const so_far = others.reduce(
    (x, each, index) =>
      g.step('maximum', { x, y: each }, milShape(y!.shape), `${y!.name}_${index}`),
    first,
  );
  g.add('maximum', { x: so_far, y: last }, y!);
};

const concat: Rule = (g, { inputs, outputs: [y], attributes }) =>
  g.add(
    'concat',
    {
      values: (inputs as Value[]).map((value) => g.get(value)),
      axis: normalizeAxis(Number(attributes['axis']), y!.shape.length),
      interleave: false,
    },
    y!,
  );

const split: Rule = (g, { inputs: [x], outputs, attributes }) => {
  const axis = normalizeAxis(Number(attributes['axis'] ?? 0), x!.shape.length);
  const results = outputs.map((value) => g.output(value));
  const split_sizes = results.map(({ shape }) => shape[axis] ?? 1);
  g.b.ops('split', { x: g.get(x!), split_sizes, axis }, results);
  for (const [index, value] of outputs.entries()) g.set(value, results[index]!);
};

/** Whole axes are named by masks; one that is gone through backwards is turned around. */
const slice: Rule = (g, { inputs: [x, starts, ends, axes, steps], outputs: [y] }) => {
  const rank = x!.shape.length;
  const list = constantInts(starts, 'starts');
  const [stops, strides] = [constantInts(ends, 'ends'), steps && constantInts(steps, 'steps')];
  const named = axes ? constantInts(axes, 'axes') : list.map((_, index) => index);
  const sizes = milShape(x!.shape);
  const begin = sizes.map(() => 0);
  const end = [...sizes];
  const stride = sizes.map(() => 1);
  const turned: number[] = [];
  for (const [index, each] of named.entries()) {
    const axis = normalizeAxis(each, rank);
    const size = sizes[axis]!;
    const inside = (at: number) => Math.min(Math.max(at < 0 ? at + size : at, 0), size);
    const [from, to, by] = [list[index]!, stops[index]!, strides?.[index] ?? 1];
    if (by < 0) {
      const whole = by === -1 && (from === -1 || from >= size - 1) && to < -size;
      if (!whole) throw unsupported('Slice');
      turned.push(axis);
      continue;
    }
    [begin[axis], end[axis], stride[axis]] = [inside(from), inside(to), by];
  }
  const straight = turned.length === 0;
  const from = straight
    ? g.get(x!)
    : g.step('reverse', { x: g.get(x!), axes: turned }, sizes, `${y!.name}_turned`);
  if (!straight && milShape(y!.shape).join() === sizes.join()) g.set(y!, from);
  else g.add('slice_by_index', { x: from, begin, end, stride }, y!);
};

const modes: Readonly<Record<string, string>> = {
  constant: 'constant',
  reflect: 'reflect',
  edge: 'replicate',
};

const pad: Rule = (g, { inputs: [x, pads, fill], outputs: [y], attributes }) => {
  const mode = modes[String(attributes['mode'] ?? 'constant')];
  const rank = x!.shape.length;
  const list = constantInts(pads, 'pads');
  const both = Array.from({ length: rank }, (_, axis) => [list[axis]!, list[rank + axis]!]);
  // Only pixels, where what is around is not a constant.
  const first = mode === 'constant' ? 0 : Math.max(0, rank - 2);
  const outside = both.slice(0, first).flat();
  if (mode === undefined || list.some((each) => each < 0) || outside.some((each) => each !== 0)) {
    throw unsupported('Pad');
  }
  const constant_val = { float: floatsOf(fill)?.[0] ?? 0 };
  g.add('pad', { x: g.get(x!), pad: both.slice(first).flat(), mode, constant_val }, y!);
};

const reshape: Rule = (g, { inputs: [x], outputs: [y] }) =>
  g.add('reshape', { x: g.get(x!), shape: milShape(y!.shape) }, y!);

const transposed: Rule = (g, { inputs: [x], outputs: [y], attributes }) =>
  g.add('transpose', { x: g.get(x!), perm: attributes['perm'] }, y!);

/** Copies along axes of one. */
const expand: Rule = (g, { inputs: [x], outputs: [y] }) => {
  const shape = milShape(y!.shape);
  const given = milShape(x!.shape);
  const full = [...new Array<number>(shape.length - given.length).fill(1), ...given];
  const from =
    full.length === given.length
      ? g.get(x!)
      : g.step('reshape', { x: g.get(x!), shape: full }, full, `${y!.name}_axes`);
  const reps = shape.map((size, axis) => (size === full[axis] ? 1 : size));
  g.add('tile', { x: from, reps }, y!);
};

const resize: Rule = (g, { inputs: [x], outputs: [y], attributes }) => {
  const shape = milShape(y!.shape);
  const plain =
    attributes['mode'] === 'linear' &&
    attributes['coordinate_transformation_mode'] === 'half_pixel' &&
    !attributes['antialias'] &&
    shape.slice(0, 2).join() === milShape(x!.shape).slice(0, 2).join();
  if (!plain) throw unsupported('Resize');
  const [target_size_height, target_size_width] = shape.slice(2) as [number, number];
  const sampling_mode = 'UNALIGN_CORNERS';
  g.add(
    'resize_bilinear',
    { x: g.get(x!), target_size_height, target_size_width, sampling_mode },
    y!,
  );
};

const gather: Rule = (g, { inputs: [x, at], outputs: [y], attributes }) => {
  const indices = constantInts(at, 'indices');
  if (at!.shape.length > 1) throw unsupported('Gather');
  const axis = Number(attributes['axis'] ?? 0);
  const args = { indices: at!.shape.length === 0 ? indices[0]! : indices, axis };
  g.add('gather', { x: g.get(x!), ...args }, y!);
};

const alpha =
  (type: string, usual: number): Rule =>
  (g, { inputs: [x], outputs: [y], attributes }) =>
    g.add(type, { x: g.get(x!), alpha: { float: Number(attributes['alpha'] ?? usual) } }, y!);

const rules: Partial<Record<OpName, Rule>> = {
  Add: binary('add'),
  AveragePool: averagePool,
  Cast: alias,
  Clip: clip,
  Concat: concat,
  Conv: convolution,
  ConvTranspose: transposedConvolution,
  Div: binary('real_div'),
  Elu: alpha('elu', 1),
  Erf: unary('erf'),
  Exp: unary('exp'),
  Expand: expand,
  Gather: gather,
  Gemm: gemm,
  GlobalAveragePool: (g, { inputs: [x], outputs: [y] }) =>
    g.add('reduce_mean', { x: g.get(x!), axes: [2, 3], keep_dims: true }, y!),
  Identity: alias,
  LeakyRelu: alpha('leaky_relu', 0.01),
  Log: unary('log'),
  LogSoftmax: logSoftmax,
  MatMul: (g, { inputs: [x, w], outputs: [y] }) =>
    g.add('matmul', { x: g.get(x!), y: g.get(w!), transpose_x: false, transpose_y: false }, y!),
  Max: max,
  MaxPool: maxPool,
  Mul: binary('mul'),
  Neg: (g, { inputs: [x], outputs: [y] }) => g.add('mul', { x: g.get(x!), y: { float: -1 } }, y!),
  Pad: pad,
  Pow: binary('pow'),
  Reciprocal: (g, { inputs: [x], outputs: [y] }) =>
    g.add('real_div', { x: { float: 1 }, y: g.get(x!) }, y!),
  ReduceMax: reduce('reduce_max'),
  ReduceMean: reduce('reduce_mean'),
  ReduceSum: reduce('reduce_sum'),
  Relu: unary('relu'),
  Reshape: reshape,
  Resize: resize,
  Sigmoid: unary('sigmoid'),
  Slice: slice,
  Softmax: softmax,
  Softplus: unary('softplus'),
  Split: split,
  Sqrt: unary('sqrt'),
  Sub: binary('sub'),
  Tanh: unary('tanh'),
  Transpose: transposed,
};
