/**
 * A graph with integers in ONNX's QDQ form: values are rounded to uint8 and back (QuantizeLinear,
 * DequantizeLinear) around the operators that runtimes have integer kernels for; weights are int8 with
 * a scale for each output channel, biases int32. What only float operators read stays as it is, so
 * logits and probabilities are not rounded.
 */
import type { OpName } from '../../graph/op-names.ts';
import type { Graph, Node, Value } from '../../graph/types.ts';
import type { Ranges } from '../quantize/calibrate.ts';
import { perChannel, scaleOf, type Scale } from '../quantize/scales.ts';
import { countUses, floatsOf, Rewriter } from '../rewrite.ts';

const linear: ReadonlySet<OpName> = new Set<OpName>(['Conv', 'Gemm', 'MatMul']);
/** Their numbers are their input's. */
const passing: ReadonlySet<OpName> = new Set<OpName>(['MaxPool', 'Reshape', 'Slice', 'Transpose']);
const inIntegers: ReadonlySet<OpName> = new Set<OpName>([
  ...linear,
  ...passing,
  'Add',
  'AveragePool',
  'Clip',
  'Concat',
  'GlobalAveragePool',
  'LeakyRelu',
  'Mul',
  'Relu',
  'Sigmoid',
]);

/**
 * Seven bits: processors without VNNI add two products of uint8 and int8 in 16 bits, which eight
 * would overflow, and the file would answer otherwise there.
 */
const MOST_WEIGHT = 64;

const isInteger = ({ op, outputs }: Node): boolean =>
  inIntegers.has(op) && outputs[0]?.dtype === 'float32';

interface Weight {
  value: Value;
  scales: readonly number[];
}

export function toInt8(graph: Graph, ranges: Ranges): Graph {
  const rewriter = new Rewriter(graph);
  const scales = scalesOf(graph, ranges);
  const readByIntegers = new Set(graph.nodes.filter(isInteger).flatMap(({ inputs }) => inputs));
  const activations = fusedActivations(graph);
  /** Read by an activation that runtimes join with its maker: not rounded between. */
  const between = new Set([...activations].map(({ inputs }) => inputs[0]));
  const rounded = new Map<Value, Value>();
  const weights = new Map<Value, Weight>();

  const round = (value: Value): Value => {
    const scale = scales.get(value);
    if (!scale) return rewriter.now(value);
    const known = rounded.get(value) ?? roundTrip(rewriter, rewriter.now(value), scale);
    rounded.set(value, known);
    return known;
  };

  for (const node of graph.nodes) {
    if (!isInteger(node)) {
      rewriter.keep(node);
      continue;
    }
    const [x, kernel, bias] = node.inputs;
    const inputs = node.inputs.map((value) => {
      if (!value || value.constant) return value && rewriter.now(value);
      return activations.has(node) ? rewriter.now(value) : round(value);
    });
    if (linear.has(node.op) && kernel && floatsOf(kernel)) {
      const weight = weights.get(kernel) ?? weightOf(rewriter, node, kernel);
      weights.set(kernel, weight);
      inputs[1] = weight.value;
      const scale = scales.get(x!);
      if (bias && scale) inputs[2] = biasOf(rewriter, bias, scale, weight) ?? inputs[2] ?? null;
    }
    rewriter.push({ ...node, inputs });
    const [y] = node.outputs;
    if (y && !between.has(y) && readByIntegers.has(y)) rewriter.replace(y, round(y));
  }
  return rewriter.finish();
}

function scalesOf(graph: Graph, ranges: Ranges): ReadonlyMap<Value, Scale> {
  const scales = new Map<Value, Scale>();
  for (const { op, inputs, outputs } of graph.nodes) {
    const before = passing.has(op) && inputs[0] ? scales.get(inputs[0]) : undefined;
    for (const value of outputs) {
      const range = ranges.get(value.name);
      if (before ?? range) scales.set(value, before ?? scaleOf(range!, 0, 255));
    }
  }
  return scales;
}

/** ReLU and its like straight behind an operator whose output nothing else reads. */
function fusedActivations(graph: Graph): ReadonlySet<Node> {
  const uses = countUses(graph);
  const sums = graph.nodes.filter(({ op }) => op === 'Conv' || op === 'Gemm' || op === 'Add');
  const made = new Set(sums.flatMap(({ outputs }) => outputs));
  return new Set(
    graph.nodes.filter(({ op, inputs: [x] }) => {
      return (op === 'Relu' || op === 'Clip') && x && made.has(x) && uses.get(x) === 1;
    }),
  );
}

function roundTrip(rewriter: Rewriter, value: Value, { scale, zeroPoint }: Scale): Value {
  const { name, shape } = value;
  const parameters = [
    rewriter.constant(`${name}_scale`, {
      dtype: 'float32',
      dims: [],
      data: Float32Array.of(scale),
    }),
    rewriter.constant(`${name}_zero`, { dtype: 'uint8', dims: [], data: Uint8Array.of(zeroPoint) }),
  ];
  const integers = rewriter.node(
    'QuantizeLinear',
    [value, ...parameters],
    { dtype: 'uint8', shape },
    { name: `${name}_integers` },
  );
  const type = { dtype: 'float32', shape } as const;
  return rewriter.node('DequantizeLinear', [integers, ...parameters], type, {
    name: `${name}_rounded`,
  });
}

/** int8 and back, with a scale for each output channel. */
function weightOf(rewriter: Rewriter, { op, attributes }: Node, kernel: Value): Weight {
  const { dims, data } = kernel.constant!;
  const axis = op === 'Conv' || attributes['transB'] ? 0 : dims.length - 1;
  const { scales, integers } = perChannel(data as Float32Array, dims, axis, MOST_WEIGHT);
  const { name, shape } = kernel;
  const perChannelDims = [scales.length];
  const inputs = [
    rewriter.constant(`${name}_int8`, { dtype: 'int8', dims, data: integers }),
    rewriter.constant(`${name}_scales`, {
      dtype: 'float32',
      dims: perChannelDims,
      data: Float32Array.from(scales),
    }),
    rewriter.constant(`${name}_zeros`, {
      dtype: 'int8',
      dims: perChannelDims,
      data: new Int8Array(scales.length),
    }),
  ];
  const type = { dtype: 'float32', shape } as const;
  const value = rewriter.node('DequantizeLinear', inputs, type, {
    name: `${name}_rounded`,
    attributes: { axis },
  });
  return { value, scales };
}

/** In the scale of the sums that it is added to; null where it is no list of as many numbers. */
function biasOf(
  rewriter: Rewriter,
  bias: Value,
  { scale }: Scale,
  { scales }: Weight,
): Value | null {
  const data = floatsOf(bias);
  if (data?.length !== scales.length || bias.shape.length !== 1) return null;
  const { name, shape } = bias;
  const dims = [data.length];
  const sums = Float32Array.from(scales, (each) => each * scale);
  const integers = Int32Array.from(data, (value, index) => Math.round(value / sums[index]!));
  const inputs = [
    rewriter.constant(`${name}_int32`, { dtype: 'int32', dims, data: integers }),
    rewriter.constant(`${name}_scales`, { dtype: 'float32', dims, data: sums }),
    rewriter.constant(`${name}_zeros`, { dtype: 'int32', dims, data: new Int32Array(data.length) }),
  ];
  const type = { dtype: 'float32', shape } as const;
  return rewriter.node('DequantizeLinear', inputs, type, {
    name: `${name}_rounded`,
    attributes: { axis: 0 },
  });
}
