/** A graph that answers, as a TFLite model. Batch normalisation must be folded before. */
import { AppError } from '#shared/errors.ts';
import { constantInts, normalizeAxis, sizeAt } from '../../graph/shape.ts';
import type { Graph, Node, Value } from '../../graph/types.ts';
import type { OpName } from '../../graph/op-names.ts';
import { countUses, floatsOf, makers } from '../rewrite.ts';
import {
  LiteBuilder,
  liteShape,
  permuted,
  sameOrder,
  TO_IMAGE,
  transpose,
  type Layout,
} from './builder.ts';
import { fuseActivations } from './fuse-activations.ts';
import { findGelus } from './gelu.ts';
import type { LiteModel, LiteOp } from './model.ts';
import { convolution, pool, transposedConvolution } from './windows.ts';

interface Context {
  b: LiteBuilder;
  /** Every node that reads a value. */
  readers: ReadonlyMap<Value, readonly Node[]>;
  /** Images that were flattened pixel by pixel: their [channels, height, width]. */
  flattened: Map<Value, readonly [number, number, number]>;
}

type Rule = (context: Context, node: Node) => void;

/** @throws AppError MODEL_INVALID that names an operator which TFLite has not */
export function toLite(graph: Graph): LiteModel {
  const b = new LiteBuilder();
  const readers = new Map<Value, Node[]>();
  for (const node of graph.nodes) {
    for (const value of node.inputs) {
      if (value) readers.set(value, [...(readers.get(value) ?? []), node]);
    }
  }
  const context: Context = { b, readers, flattened: new Map() };
  const inputs = graph.inputs.map((value) => {
    const type = value.dtype === 'uint8' ? 'uint8' : 'float32';
    const shape = liteShape(value.shape);
    const index = b.tensor({ name: value.name, type, shape, data: null, source: null });
    b.set(value, 'plain', index);
    return index;
  });
  const gelus = findGelus(graph, makers(graph), countUses(graph));
  for (const node of graph.nodes) {
    if (gelus.inside.has(node)) continue;
    const of = gelus.ends.get(node);
    if (of) {
      elementwise(context, 'GELU', [of], node.outputs[0]!, { approximate: false });
      continue;
    }
    const rule = rules[node.op];
    if (!rule) {
      throw new AppError('MODEL_INVALID', `TFLite has no ${node.op} as this model uses it.`, {
        subject: node.op,
        hint: 'Export it as ONNX instead.',
      });
    }
    rule(context, node);
  }
  const outputs = [...graph.outputs.values()].map((value) => b.get(value, 'plain'));
  return fuseActivations(b.finish(inputs, outputs));
}

/** Number by number: channels last where an image comes in so. */
function elementwise(
  { b }: Context,
  op: LiteOp,
  inputs: readonly Value[],
  y: Value,
  options: Record<string, number | boolean> = {},
): void {
  const variables = inputs.filter(({ constant }) => !constant);
  const asImage =
    y.shape.length === 4 &&
    variables.some((value) => b.has(value, 'image')) &&
    variables.every(({ shape }) => shape.length === 4);
  const layout: Layout = asImage ? 'image' : 'plain';
  const tensors = inputs.map((value) => b.get(value, layout));
  const shape = liteShape(y.shape);
  const output = {
    shape: asImage ? permuted(shape, TO_IMAGE) : shape,
    name: y.name,
    source: y.name,
  };
  b.set(y, layout, b.add(op, tensors, output, options));
}

const unary =
  (op: LiteOp): Rule =>
  (context, node) =>
    elementwise(context, op, [node.inputs[0]!], node.outputs[0]!);

const binary =
  (op: LiteOp): Rule =>
  (context, { inputs, outputs: [y] }) =>
    elementwise(context, op, inputs as Value[], y!);

/** The layout that a value lies in already, and an axis of the graph's in it. */
function lying({ b }: Context, x: Value): { layout: Layout; axis: (axis: number) => number } {
  const layout: Layout = b.has(x, 'image') && x.shape.length === 4 ? 'image' : 'plain';
  return {
    layout,
    axis: (axis) => {
      const plain = normalizeAxis(axis, x.shape.length);
      return layout === 'image' ? TO_IMAGE.indexOf(plain as 0) : plain;
    },
  };
}

const reduce =
  (op: LiteOp): Rule =>
  (context, { inputs: [x, axes], outputs: [y], attributes }) => {
    const { b } = context;
    const { layout, axis } = lying(context, x!);
    const all = x!.shape.map((_, index) => index);
    const reduced = axes ? constantInts(axes, 'axes') : all;
    const keep = (attributes['keepdims'] ?? 1) === 1;
    const shape = liteShape(y!.shape);
    const image = layout === 'image' && keep;
    // Without the pixels' axes, the order of what is left is the graph's again.
    const flat = layout === 'image' && !keep && reduced.toSorted().join() !== '2,3';
    const from = b.get(x!, flat ? 'plain' : layout);
    const list = b.ints(reduced.map((each) => (flat ? each : axis(each))).sort());
    const output = {
      shape: image ? permuted(shape, TO_IMAGE) : shape,
      name: y!.name,
      source: y!.name,
    };
    b.set(y!, image ? 'image' : 'plain', b.add(op, [from, list], output, { keep_dims: keep }));
  };

const globalAverage: Rule = ({ b }, { inputs: [x], outputs: [y] }) => {
  const output = { shape: permuted(liteShape(y!.shape), TO_IMAGE), name: y!.name, source: y!.name };
  b.set(
    y!,
    'image',
    b.add('MEAN', [b.get(x!, 'image'), b.ints([1, 2])], output, { keep_dims: true }),
  );
};

const reshape: Rule = (context, node) => {
  const { b, flattened, readers } = context;
  const [x] = node.inputs;
  const [y] = node.outputs;
  const shape = liteShape(y!.shape);
  const image = x!.shape.length === 4 && b.has(x!, 'image');
  const forProducts = (readers.get(y!) ?? []).every(
    (reader) =>
      reader.op === 'Gemm' && reader.inputs[0] === y && floatsOf(reader.inputs[1]) !== null,
  );
  let from: number;
  if (image && (sameOrder(x!.shape) || (shape.length === 2 && forProducts))) {
    // Not turned around: the rows of the weights are, where it matters.
    from = b.get(x!, 'image');
    if (!sameOrder(x!.shape)) {
      flattened.set(y!, [sizeAt(x!.shape, 1), sizeAt(x!.shape, 2), sizeAt(x!.shape, 3)]);
    }
  } else {
    from = b.get(x!, 'plain');
  }
  if (shape.length === 4 && sameOrder(y!.shape)) {
    b.set(y!, 'image', b.reshape(from, permuted(shape, TO_IMAGE), y!.name));
  } else {
    b.set(y!, 'plain', b.reshape(from, shape, y!.name));
  }
};

const transposed: Rule = ({ b }, { inputs: [x], outputs: [y], attributes }) => {
  const perm = attributes['perm'] as readonly number[];
  if (perm.join() === '0,3,1,2') {
    // What lies with channels last already.
    b.set(y!, 'image', b.get(x!, 'plain'));
    return;
  }
  const output = { shape: liteShape(y!.shape), name: y!.name, source: y!.name };
  b.set(y!, 'plain', b.add('TRANSPOSE', [b.get(x!, 'plain'), b.ints(perm)], output));
};

const gemm: Rule = ({ b, flattened }, { inputs: [x, w, c], outputs: [y], attributes }) => {
  const data = floatsOf(w);
  const plain = ['alpha', 'beta'].every((name) => (attributes[name] ?? 1) === 1);
  if (!data || attributes['transA'] || !plain) throw unsupported('Gemm');
  const dims = w!.constant!.dims;
  const [inputs = 1, units = 1] = attributes['transB'] ? dims.toReversed() : dims;
  let weights = attributes['transB'] ? data : transpose(data, [inputs, units], [1, 0]);
  const image = flattened.get(x!);
  if (image) weights = transpose(weights, [units, ...image], [0, 2, 3, 1]);
  const bias = c
    ? b.reshape(b.get(c, 'plain'), [units], null)
    : b.floats(new Float32Array(units), [units], `${w!.name}_no_bias`);
  const tensors = [
    b.get(x!, 'plain'),
    b.floats(weights, [units, inputs], w!.name, `${w!.name} ${image?.join() ?? ''}`),
    bias,
  ];
  const output = { shape: liteShape(y!.shape), name: y!.name, source: y!.name };
  b.set(y!, 'plain', b.add('FULLY_CONNECTED', tensors, output));
};

const matMul: Rule = ({ b }, { inputs: [x, w], outputs: [y] }) => {
  const tensors = [b.get(x!, 'plain'), b.get(w!, 'plain')];
  const output = { shape: liteShape(y!.shape), name: y!.name, source: y!.name };
  b.set(y!, 'plain', b.add('BATCH_MATMUL', tensors, output));
};

const softmax =
  (op: 'SOFTMAX' | 'LOG_SOFTMAX'): Rule =>
  (context, { inputs: [x], outputs: [y], attributes }) => {
    const { b } = context;
    const { layout, axis } = lying(context, x!);
    if (axis(Number(attributes['axis'] ?? -1)) !== x!.shape.length - 1) throw unsupported(op);
    const from = b.get(x!, layout);
    const output = { shape: b.shapeOf(from), name: y!.name, source: y!.name };
    b.set(y!, layout, b.add(op, [from], output, op === 'SOFTMAX' ? { beta: 1 } : {}));
  };

const concat: Rule = (context, { inputs, outputs: [y], attributes }) => {
  const { b } = context;
  const parts = inputs as Value[];
  const first = parts.find((value) => !value.constant && b.has(value, 'image')) ?? parts[0]!;
  const { layout, axis } = lying(context, first);
  const shape = liteShape(y!.shape);
  const output = {
    shape: layout === 'image' ? permuted(shape, TO_IMAGE) : shape,
    name: y!.name,
    source: y!.name,
  };
  const tensors = parts.map((value) => b.get(value, layout));
  b.set(
    y!,
    layout,
    b.add('CONCATENATION', tensors, output, { axis: axis(Number(attributes['axis'])) }),
  );
};

const slice: Rule = (context, { inputs: [x, starts, ends, axes, steps], outputs: [y] }) => {
  const { b } = context;
  const { layout, axis } = lying(context, x!);
  const rank = x!.shape.length;
  const list = constantInts(starts, 'starts');
  const named = axes ? constantInts(axes, 'axes') : list.map((_, index) => index);
  const begin = new Array<number>(rank).fill(0);
  const end = new Array<number>(rank).fill(0);
  const stride = new Array<number>(rank).fill(1);
  let untouched = (1 << rank) - 1;
  let toTheEnd = 0;
  for (const [index, each] of named.entries()) {
    const at = axis(each);
    const length = sizeAt(x!.shape, each);
    begin[at] = list[index]!;
    end[at] = constantInts(ends, 'ends')[index]!;
    stride[at] = steps ? constantInts(steps, 'steps')[index]! : 1;
    untouched &= ~(1 << at);
    // Counted from the end, what lies before the first would be the last again.
    if (stride[at] < 0 && end[at] < -length) toTheEnd |= 1 << at;
    if (stride[at] > 0 && end[at] > length) end[at] = length;
  }
  const shape = liteShape(y!.shape);
  const output = {
    shape: layout === 'image' ? permuted(shape, TO_IMAGE) : shape,
    name: y!.name,
    source: y!.name,
  };
  const tensors = [b.get(x!, layout), b.ints(begin), b.ints(end), b.ints(stride)];
  const options = { begin_mask: untouched, end_mask: untouched | toTheEnd };
  b.set(y!, layout, b.add('STRIDED_SLICE', tensors, output, options));
};

const pad: Rule = (context, { inputs: [x, pads, fill], outputs: [y], attributes }) => {
  const { b } = context;
  if ((attributes['mode'] ?? 'constant') !== 'constant') throw unsupported('Pad');
  const { layout, axis } = lying(context, x!);
  const rank = x!.shape.length;
  const list = constantInts(pads, 'pads');
  const widths = new Int32Array(2 * rank);
  for (let each = 0; each < rank; each++) {
    widths[2 * axis(each)] = list[each]!;
    widths[2 * axis(each) + 1] = list[rank + each]!;
  }
  const border = b.tensor({
    name: `${y!.name}_border`,
    type: 'int32',
    shape: [rank, 2],
    data: widths,
    source: null,
  });
  const shape = liteShape(y!.shape);
  const output = {
    shape: layout === 'image' ? permuted(shape, TO_IMAGE) : shape,
    name: y!.name,
    source: y!.name,
  };
  const value = floatsOf(fill)?.[0] ?? 0;
  const from = b.get(x!, layout);
  const made =
    value === 0
      ? b.add('PAD', [from, border], output)
      : b.add('PADV2', [from, border, b.float(value)], output);
  b.set(y!, layout, made);
};

/** Copies along axes of one. */
const expand: Rule = ({ b }, { inputs: [x], outputs: [y] }) => {
  const lead = y!.shape.length - x!.shape.length;
  const from = b.reshape(
    b.get(x!, 'plain'),
    [...new Array<number>(lead).fill(1), ...liteShape(x!.shape)],
    x!.name,
  );
  const shape = liteShape(y!.shape);
  const times = shape.map((size, axis) => (size === b.shapeOf(from)[axis] ? 1 : size));
  const output = { shape, name: y!.name, source: y!.name };
  b.set(y!, 'plain', b.add('TILE', [from, b.ints(times)], output));
};

const resize: Rule = ({ b }, { inputs: [x], outputs: [y], attributes }) => {
  const plain =
    attributes['mode'] === 'linear' &&
    attributes['coordinate_transformation_mode'] === 'half_pixel' &&
    !attributes['antialias'];
  if (!plain) throw unsupported('Resize');
  const size = b.ints([sizeAt(y!.shape, 2), sizeAt(y!.shape, 3)]);
  const output = { shape: permuted(liteShape(y!.shape), TO_IMAGE), name: y!.name, source: y!.name };
  const options = { half_pixel_centers: true };
  b.set(y!, 'image', b.add('RESIZE_BILINEAR', [b.get(x!, 'image'), size], output, options));
};

const clip: Rule = (context, { inputs: [x, low, high], outputs: [y] }) => {
  const [from, to] = [floatsOf(low)?.[0] ?? -Infinity, floatsOf(high)?.[0] ?? Infinity];
  if (from === 0 && to === 6) {
    elementwise(context, 'RELU6', [x!], y!);
    return;
  }
  // Two steps, of which the first has a name of its own.
  const between: Value = { ...y!, name: `${y!.name}_above` };
  elementwise(context, 'MAXIMUM', [x!, low!], between);
  elementwise(context, 'MINIMUM', [between, high!], y!);
};

const cast: Rule = (context, { inputs: [x], outputs: [y] }) => {
  const { layout } = lying(context, x!);
  const { b } = context;
  const from = b.get(x!, layout);
  const output = { shape: b.shapeOf(from), name: y!.name, source: y!.name };
  b.set(y!, layout, b.add('CAST', [from], output));
};

/** log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|), which does not overflow. */
const softplus: Rule = ({ b }, { inputs: [x], outputs: [y] }) => {
  const from = b.get(x!, 'plain');
  const step = (op: LiteOp, inputs: readonly number[], name: string) =>
    b.add(op, inputs, { shape: b.shapeOf(from), name: `${y!.name}_${name}`, source: null });
  const size = step('NEG', [step('ABS', [from], 'size')], 'less');
  const grown = step('ADD', [step('EXP', [size], 'power'), b.float(1)], 'grown');
  const rest = step('LOG', [grown], 'rest');
  const above = step('RELU', [from], 'above');
  b.set(
    y!,
    'plain',
    b.add('ADD', [above, rest], { shape: b.shapeOf(from), name: y!.name, source: y!.name }),
  );
};

const leakyRelu: Rule = (context, { inputs: [x], outputs: [y], attributes }) =>
  elementwise(context, 'LEAKY_RELU', [x!], y!, { alpha: Number(attributes['alpha'] ?? 0.01) });

const elu: Rule = (context, { inputs: [x], outputs: [y], attributes }) => {
  if ((attributes['alpha'] ?? 1) !== 1) throw unsupported('Elu');
  elementwise(context, 'ELU', [x!], y!);
};

const identity: Rule = (context, { inputs: [x], outputs: [y] }) => {
  const { layout } = lying(context, x!);
  context.b.set(y!, layout, context.b.get(x!, layout));
};

function unsupported(op: string): AppError {
  return new AppError('MODEL_INVALID', `TFLite has no ${op} as this model uses it.`, {
    subject: op,
    hint: 'Export it as ONNX instead.',
  });
}

const rules: Partial<Record<OpName, Rule>> = {
  Add: binary('ADD'),
  AveragePool: ({ b }, node) => pool(b, node),
  Cast: cast,
  Clip: clip,
  Concat: concat,
  Conv: ({ b }, node) => convolution(b, node),
  ConvTranspose: ({ b }, node) => transposedConvolution(b, node),
  Div: binary('DIV'),
  Elu: elu,
  Exp: unary('EXP'),
  Expand: expand,
  Gemm: gemm,
  GlobalAveragePool: globalAverage,
  Identity: identity,
  LeakyRelu: leakyRelu,
  Log: unary('LOG'),
  LogSoftmax: softmax('LOG_SOFTMAX'),
  MatMul: matMul,
  Max: binary('MAXIMUM'),
  MaxPool: ({ b }, node) => pool(b, node),
  Mul: binary('MUL'),
  Neg: unary('NEG'),
  Pad: pad,
  ReduceMax: reduce('REDUCE_MAX'),
  ReduceMean: reduce('MEAN'),
  ReduceSum: reduce('SUM'),
  Relu: unary('RELU'),
  Reshape: reshape,
  Resize: resize,
  Sigmoid: unary('LOGISTIC'),
  Slice: slice,
  Softmax: softmax('SOFTMAX'),
  Softplus: softplus,
  Sqrt: unary('SQRT'),
  Sub: binary('SUB'),
  Tanh: unary('TANH'),
  Transpose: transposed,
};
