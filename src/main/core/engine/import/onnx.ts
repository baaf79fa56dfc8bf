/** Reads an ONNX classifier into an `ImportedGraph`. */
import { GraphBuilder } from '../graph/builder.ts';
import { GraphError, measure } from '../graph/shape.ts';
import type { Node, Shape, TensorData, Value } from '../graph/types.ts';
import { ops } from '../ops/index.ts';
import { unusable } from './errors.ts';
import { familyOf } from './families.ts';
import { freeTarget, withTarget } from './fixed-batch.ts';
import { isKnown, type Operand } from './operands.ts';
import { parseOnnx } from './parse.ts';
import { nodesBefore, walk, type Walked } from './replay.ts';
import type { ImportedGraph, ImportedNode, KnownTensor } from './types.ts';
import { sortNumbers } from './weights.ts';

/** Numbers that one operator may make of one image: 1 GiB of them. */
const MOST_NUMBERS = 2 ** 28;

export interface ReadOptions {
  /** What to look at the model with, where its file leaves the size free. */
  size?: { height: number; width: number } | undefined;
}

/**
 * @param bytes the whole file; weights stay views on it where they can
 * @param file its name, for errors
 *
 * Memory and time are in proportion to the file. Throws SOURCE_UNREADABLE for what is damaged or no
 * model, MODEL_INVALID for a model that cannot be used, naming the first operator that stands in the
 * way.
 */
export function readOnnx(
  bytes: Uint8Array,
  file: string,
  { size }: ReadOptions = {},
): ImportedGraph {
  const parsed = parseOnnx(bytes, file);
  const { input, opset, producer } = parsed;
  const sorted = sortNumbers(parsed);
  const plain = nodesUsed(sorted.nodes.map(unseen), parsed.outputs);
  const weights = new Map([...sorted.weights].map(([name, tensor]) => [name, floats(tensor)]));
  const family = familyOf({ ...parsed, nodes: plain, weights });
  const side = {
    height: input.height ?? size?.height ?? family.preprocessing?.height ?? 224,
    width: input.width ?? size?.width ?? family.preprocessing?.width ?? 224,
  };
  const walked = { input, nodes: plain, weights, constants: sorted.constants, metadata: { opset } };
  const seen = look(walked, side, file);
  const outputs = parsed.outputs.filter((name) => seen.made.has(name));
  if (outputs.length === 0 && seen.failure) {
    const { node, why } = seen.failure;
    throw unusable(file, `its ${node.op} (${node.outputs[0] ?? ''}) cannot be used: ${why}`);
  }
  const nodes = nodesUsed(seen.nodes, outputs);
  const needed = new Set(nodes.flatMap(({ inputs, weights }) => [...inputs, ...weights]));
  const kept = <T>(map: ReadonlyMap<string, T>) =>
    new Map([...map].filter(([name]) => needed.has(name)));
  const graph = { ...walked, nodes, constants: kept(seen.constants), weights: kept(weights) };
  return {
    ...graph,
    nodes: withGradients(graph, side),
    statistics: new Set([...sorted.statistics].filter((name) => graph.weights.has(name))),
    outputs,
    cut: cutBefore(nodes, outputs[0] ?? ''),
    metadata: { producer, opset, ...family },
  };
}

function unseen(node: Pick<ImportedNode, 'op' | 'inputs' | 'outputs' | 'attributes'>) {
  return { ...node, shape: null, weights: [], gradient: true };
}

function floats({ dims, data }: KnownTensor): TensorData {
  const own = data instanceof Float32Array ? data : Float32Array.from(data);
  return { dtype: 'float32', dims, data: own };
}

function nodesUsed(nodes: readonly ImportedNode[], outputs: readonly string[]): ImportedNode[] {
  const used = new Set(outputs.flatMap((name) => nodesBefore(nodes, name)));
  return nodes.filter((node) => used.has(node));
}

interface Side {
  height: number;
  width: number;
}

/** A graph that has everything as an input, to see shapes only. */
function scratch(graph: Walked, batch: 'batch' | number, { height, width }: Side) {
  const b = new GraphBuilder('imported');
  const x = b.input('image', 'float32', [batch, graph.input.channels, height, width]);
  const parameters = new Map<string, Value>();
  const parameter = (name: string): Value => {
    const known = parameters.get(name);
    if (known) return known;
    const dims = graph.weights.get(name)?.dims ?? [];
    const value = b.input(`weight_${parameters.size}`, 'float32', dims);
    parameters.set(name, value);
    return value;
  };
  return { b, x, parameter };
}

interface Seen {
  nodes: ImportedNode[];
  constants: Map<string, KnownTensor>;
  made: ReadonlyMap<string, Operand>;
  failure: { node: ImportedNode; why: string } | null;
}

/** Shapes, the weights that each node computes with, and where it ends. */
function look(graph: Walked, side: Side, file: string): Seen {
  const constants = new Map(graph.constants);
  const { b, x, parameter } = scratch(graph, 'batch', side);
  const { batch } = graph.input;
  const nodes: ImportedNode[] = [];
  let failure: Seen['failure'] = null;
  /** Values made of weights alone, with the weights' names. */
  const indirect = new Map<string, readonly string[]>();
  const images = new Set([graph.input.name]);
  const made = walk(b, { ...graph, constants }, x, {
    parameter,
    prepare(node, first) {
      if (batch === null || node.op !== 'Reshape' || !first || isKnown(first)) return node;
      const target = constants.get(node.inputs[1] ?? '');
      const sizes = target && freeTarget(target.data, first.shape, batch);
      return sizes ? withTarget(node, sizes, constants) : node;
    },
    node(node, outputs) {
      const weights = node.inputs.flatMap((name) =>
        graph.weights.has(name) ? [name] : (indirect.get(name) ?? []),
      );
      const seesImage = node.inputs.some((name) => images.has(name));
      const [first] = outputs;
      const onShapes = !first || isKnown(first);
      const shape: Shape | null = onShapes || !seesImage ? null : first.shape;
      for (const name of node.outputs) {
        if (seesImage && !onShapes) images.add(name);
        else indirect.set(name, weights);
      }
      for (const operand of outputs) bounded(operand, node, file);
      nodes.push({ ...node, shape, weights: onShapes ? [] : [...new Set(weights)] });
    },
    failed(node, why) {
      failure ??= { node, why };
    },
  });
  const usable = new Map([...made].filter(([name]) => images.has(name)));
  return { nodes, constants, made: usable, failure };
}

function bounded(operand: Operand, node: ImportedNode, file: string): void {
  if (isKnown(operand)) return;
  const { count } = measure(operand.shape);
  if (!(count <= MOST_NUMBERS)) {
    throw unusable(file, `its ${node.op} (${node.outputs[0] ?? ''}) makes too many numbers`);
  }
}

/** What the last layer with weights reads: that layer is the classifier. */
function cutBefore(nodes: readonly ImportedNode[], output: string): string {
  const makers = new Map(
    nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)),
  );
  const onImages = (node: ImportedNode) =>
    node.inputs.find((name) => {
      const maker = makers.get(name);
      return maker ? maker.shape !== null : false;
    });
  let name = output;
  for (let node = makers.get(name); node; node = makers.get(name)) {
    const source = onImages(node);
    if (source === undefined) return output;
    name = source;
    if (!['Gemm', 'MatMul', 'Conv'].includes(node.op) || node.weights.length === 0) continue;
    // Not behind what does nothing to it.
    for (let before = makers.get(name); before; before = makers.get(name)) {
      const further = onImages(before);
      if (!['Dropout', 'Identity', 'Cast'].includes(before.op) || further === undefined) break;
      name = further;
    }
    return name;
  }
  return output;
}

/** Tries each operator’s gradient, on two pictures. */
function withGradients(graph: Walked, side: Side): ImportedNode[] {
  const { b, x, parameter } = scratch(graph, 2, side);
  const flows = new Map<ImportedNode, boolean>();
  let from = 0;
  walk(b, graph, x, {
    parameter,
    node(node) {
      const emitted = b.nodes.slice(from);
      flows.set(node, node.shape === null || emitted.every((each) => hasGradient(b, each)));
      from = b.nodes.length;
    },
    failed(node) {
      flows.set(node, false);
    },
  });
  return graph.nodes.map((node) => ({ ...node, gradient: flows.get(node) ?? false }));
}

function hasGradient(b: GraphBuilder, node: Node): boolean {
  const [output] = node.outputs;
  const slopes = node.inputs.map(
    (value, index) =>
      value?.dtype === 'float32' &&
      !value.constant &&
      !(node.op === 'BatchNormalization' && index > 2),
  );
  if (output?.dtype !== 'float32' || !slopes.some(Boolean)) return true;
  const rule = ops[node.op].gradient;
  if (!rule) return false;
  const given = (value: Value | null | undefined): Value => {
    if (!value) throw new GraphError('it is not there');
    return value;
  };
  try {
    rule({
      b,
      node,
      grad: output,
      grads: node.outputs,
      needs: (index) => slopes[index] ?? false,
      input: (index) => given(node.inputs[index]),
      output: (index) => given(node.outputs[index]),
    });
    return true;
  } catch (error) {
    if (error instanceof GraphError) return false;
    throw error;
  }
}
