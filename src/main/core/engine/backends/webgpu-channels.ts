/** Steers around a wrong kernel of ONNX Runtime's WebGPU provider. */
import type { Attributes, Graph, Node, TensorData, Value } from '../graph/types.ts';

/** What the provider's shaders read at once. */
const VECTOR = 4;

/**
 * ONNX Runtime 1.30 answers wrong numbers for convolutions on WebGPU whose input channels are a
 * multiple of 3 but not of 4 (6, 9, 15, 18, …; 3 itself is right), where the output channels are a
 * multiple of 4, unless it is a plain product of each pixel’s channels. Weight gradients have images as channels, so a
 * last batch of six images is enough.
 */
function isWrong({ op, inputs: [x, w], attributes }: Node): boolean {
  if (op !== 'Conv' || !x || !w || (attributes['group'] ?? 1) !== 1) return false;
  const [outputs, channels, ...kernel] = w.shape.map(Number);
  if (outputs === undefined || channels === undefined) return false;
  return (
    outputs % VECTOR === 0 &&
    channels > 3 &&
    channels % 3 === 0 &&
    channels % VECTOR !== 0 &&
    !isProduct(kernel, attributes)
  );
}

/** Kernels of one point, nothing around the image, every pixel: a matrix product to the provider. */
function isProduct(kernel: readonly number[], { pads, strides }: Attributes): boolean {
  const all = (values: unknown, one: number) =>
    !Array.isArray(values) || values.every((value) => value === one);
  return all(kernel, 1) && all(pads, 0) && all(strides, 1);
}

/**
 * The same graph, with channels of zeros added to images and kernels of such convolutions up to whole
 * vectors: equal numbers, by a kernel that is right.
 */
export function fillChannels(graph: Graph): Graph {
  if (!graph.nodes.some(isWrong)) return graph;
  const nodes: Node[] = [];
  const constants = [...graph.constants];
  const filled = new Map<Value, Value>();

  function fill(value: Value): Value {
    const known = filled.get(value);
    if (known) return known;
    const { name, dtype, shape } = value;
    const channels = Number(shape[1]);
    const whole = Math.ceil(channels / VECTOR) * VECTOR;
    const pads = shape.flatMap(() => [0, 0]);
    pads[shape.length + 1] = whole - channels;
    const data: TensorData = {
      dtype: 'int64',
      dims: [pads.length],
      data: BigInt64Array.from(pads, BigInt),
    };
    const amounts: Value = {
      name: `${name}_to_fill`,
      dtype: 'int64',
      shape: data.dims,
      constant: data,
    };
    constants.push(amounts);
    const result: Value = {
      name: `${name}_filled`,
      dtype,
      shape: shape.map((size, axis) => (axis === 1 ? whole : size)),
    };
    nodes.push({ op: 'Pad', inputs: [value, amounts], outputs: [result], attributes: {} });
    filled.set(value, result);
    return result;
  }

  for (const node of graph.nodes) {
    const [x, w, ...rest] = node.inputs;
    if (x && w && isWrong(node)) nodes.push({ ...node, inputs: [fill(x), fill(w), ...rest] });
    else nodes.push(node);
  }
  return { ...graph, nodes, constants };
}
