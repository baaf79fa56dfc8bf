/**
 * A graph whose layers compute in float16. What comes in and goes out keeps its type, and so does
 * what half precision would harm: sums over many numbers, exponentials, logarithms, roots,
 * quotients and squares, and constants that it cannot hold.
 */
import type { OpName } from '../../graph/op-names.ts';
import { dataTypes } from '../../graph/onnx-proto.ts';
import { LARGEST_HALF, SMALLEST_NORMAL_HALF, toHalf } from '../../graph/half.ts';
import type { Graph, Node, Value } from '../../graph/types.ts';
import { floatsOf, Rewriter } from '../rewrite.ts';

const inHalf: ReadonlySet<OpName> = new Set<OpName>([
  'Add',
  'AveragePool',
  'Clip',
  'Concat',
  'Conv',
  'ConvTranspose',
  'Elu',
  'Erf',
  'Expand',
  'Gather',
  'Gemm',
  'Identity',
  'LeakyRelu',
  'MatMul',
  'Max',
  'MaxPool',
  'Mul',
  'Neg',
  'Pad',
  'Relu',
  'Reshape',
  'Sigmoid',
  'Slice',
  'Split',
  'Sub',
  'Tanh',
  'Transpose',
]);

export function toFloat16(graph: Graph): Graph {
  const rewriter = new Rewriter(graph);
  const halves = new Map<Value, Value>();
  const singles = new Map<Value, Value>();

  const half = (value: Value): Value => {
    const now = rewriter.now(value);
    if (now.dtype !== 'float32') return now;
    const known = halves.get(now) ?? halfOf(rewriter, now);
    halves.set(now, known);
    return known;
  };
  const single = (value: Value): Value => {
    const now = rewriter.now(value);
    if (now.dtype !== 'float16') return now;
    const known = singles.get(now) ?? cast(rewriter, now, 'float32');
    singles.set(now, known);
    return known;
  };

  for (const node of graph.nodes) {
    const toHalves = inHalf.has(node.op) && node.outputs[0]?.dtype === 'float32' && fits(node);
    rewriter.push({
      ...node,
      inputs: node.inputs.map((value) => value && (toHalves ? half(value) : single(value))),
      outputs: toHalves ? node.outputs.map((value) => asHalf(rewriter, value)) : node.outputs,
    });
  }
  for (const value of graph.outputs.values()) rewriter.replace(value, single(value));
  return rewriter.finish();
}

/** A square may be too large, and a constant too large or too small. */
function fits({ op, inputs }: Node): boolean {
  if (op === 'Mul' && inputs[0] === inputs[1]) return false;
  return inputs.every((value) => {
    const data = floatsOf(value);
    if (!data) return true;
    let largest = 0;
    for (const number of data) {
      const size = Math.abs(number);
      if (size > LARGEST_HALF && size !== Infinity) return false;
      if (size > largest) largest = size;
    }
    return largest === 0 || largest >= SMALLEST_NORMAL_HALF;
  });
}

function asHalf(rewriter: Rewriter, value: Value): Value {
  const half: Value = { ...value, dtype: 'float16' };
  rewriter.replace(value, half);
  return half;
}

function halfOf(rewriter: Rewriter, value: Value): Value {
  const { constant } = value;
  if (!constant) return cast(rewriter, value, 'float16');
  const data = toHalf(constant.data as Float32Array);
  return rewriter.constant(`${value.name}_half`, { dtype: 'float16', dims: constant.dims, data });
}

function cast(rewriter: Rewriter, value: Value, dtype: 'float16' | 'float32'): Value {
  return rewriter.node(
    'Cast',
    [value],
    { dtype, shape: value.shape },
    {
      name: `${value.name}_${dtype}`,
      attributes: { to: dataTypes[dtype] },
    },
  );
}
