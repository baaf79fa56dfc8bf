/** An ONNX file's graph as nodes, weights and constants, checked but not yet understood. */
import { unreadable, unusable } from './errors.ts';
import {
  decodeModel,
  type AttributeMessage,
  type ModelMessage,
  type ValueMessage,
} from './file.ts';
import { readTensor } from './tensors.ts';
import type { ImportedAttribute, ImportedInput, ImportedNode, KnownTensor } from './types.ts';

/** The opsets of the main domain whose operators `translate` was written against. */
const OLDEST_OPSET = 7;
const NEWEST_OPSET = 25;
/** The largest published classifiers have a few thousand. */
const MOST_NODES = 20_000;
const MOST_INPUTS = 1024;

export type ParsedNode = Pick<ImportedNode, 'op' | 'inputs' | 'outputs' | 'attributes'>;

export interface ParsedModel {
  producer: string;
  opset: number;
  input: ImportedInput;
  nodes: ParsedNode[];
  initializers: Map<string, KnownTensor>;
  /** Tensors of Constant nodes. */
  constants: Map<string, KnownTensor>;
  outputs: string[];
  properties: ReadonlyMap<string, string>;
}

/** Throws SOURCE_UNREADABLE or MODEL_INVALID, naming `file`. */
export function parseOnnx(bytes: Uint8Array, file: string): ParsedModel {
  const model = decodeModel(bytes, file);
  const { graph } = model;
  if (!graph || graph.node.length === 0) throw unreadable(file, 'there is no model in it');
  if (graph.sparse_initializer.length > 0) throw unusable(file, 'its weights are sparse');
  if (graph.node.length > MOST_NODES) throw unusable(file, 'it has too many operators');
  const initializers = new Map<string, KnownTensor>();
  for (const tensor of graph.initializer) {
    const { name } = tensor;
    if (!name || initializers.has(name)) throw unreadable(file, 'its weights have no clear names');
    if (tensor.data_location !== 0 || tensor.external_data.length > 0) {
      throw unreadable(file, 'its weights are in a file of their own');
    }
    try {
      initializers.set(name, readTensor(tensor));
    } catch (error) {
      throw unreadable(file, error instanceof Error ? error.message : String(error));
    }
  }
  const constants = new Map<string, KnownTensor>();
  const nodes: ParsedNode[] = [];
  for (const { op_type: type, domain, input, output, attribute } of graph.node) {
    const op = domain === '' || domain === 'ai.onnx' ? type : `${domain}.${type}`;
    if (input.length > MOST_INPUTS || output.length > MOST_INPUTS) {
      throw unusable(file, `${op} has too many inputs`);
    }
    const attributes = Object.fromEntries(
      attribute.flatMap((each) => {
        const value = attributeOf(each, op, file);
        return value === null ? [] : [[each.name, value]];
      }),
    );
    const [first] = output;
    const constant = op === 'Constant' ? constantOf(attributes) : null;
    if (constant && first) constants.set(first, constant);
    else nodes.push({ op, inputs: input, outputs: output, attributes });
  }
  const given = graph.input.filter(({ name }) => !initializers.has(name));
  return {
    producer: [model.producer_name, model.producer_version].filter(Boolean).join(' '),
    opset: opsetOf(model, file),
    input: imageInput(given, file),
    nodes: inOrder(
      nodes,
      new Set([...initializers.keys(), ...constants.keys(), ...given.map((v) => v.name)]),
      file,
    ),
    initializers,
    constants,
    outputs: graph.output.map(({ name }) => name),
    properties: new Map(model.metadata_props.map(({ key, value }) => [key, value])),
  };
}

function opsetOf(model: ModelMessage, file: string): number {
  const own = model.opset_import.find(({ domain }) => domain === '' || domain === 'ai.onnx');
  const opset = own?.version ?? 0;
  if (opset < OLDEST_OPSET || opset > NEWEST_OPSET) {
    throw unusable(
      file,
      opset === 0 ? 'it does not say its opset' : `its operators are those of opset ${opset}`,
      `Export it for opset ${OLDEST_OPSET} to ${NEWEST_OPSET}.`,
    );
  }
  return opset;
}

/** onnx.AttributeProto.AttributeType; 0 in files older than the field. */
function attributeOf(
  { name, type, f, i, s, t, g, floats, ints, graphs }: AttributeMessage,
  op: string,
  file: string,
): ImportedAttribute | null {
  if ((g && g.length > 0) || graphs.length > 0 || type === 5 || type === 10) {
    throw unusable(file, `it has a ${op}, which holds a model of its own`);
  }
  switch (type) {
    case 1:
      return f;
    case 2:
      return i;
    case 3:
      return new TextDecoder().decode(s);
    case 4:
      if (!t) return null;
      try {
        return readTensor(t);
      } catch (error) {
        throw unreadable(file, error instanceof Error ? error.message : `${op}’s ${name}`);
      }
    case 6:
      return floats;
    case 7:
      return ints;
    default:
      return null;
  }
}

function constantOf(attributes: Readonly<Record<string, ImportedAttribute>>): KnownTensor | null {
  const { value, value_float: float, value_int: int } = attributes;
  const { value_floats: floats, value_ints: ints } = attributes;
  if (typeof value === 'object' && 'dims' in value) return value;
  if (typeof float === 'number') return { dtype: 'float32', dims: [], data: [float] };
  if (typeof int === 'number') return { dtype: 'int64', dims: [], data: [int] };
  if (Array.isArray(floats)) return { dtype: 'float32', dims: [floats.length], data: floats };
  if (Array.isArray(ints)) return { dtype: 'int64', dims: [ints.length], data: ints };
  return null;
}

const FLOATS = [1, 10, 11, 16];
const LARGEST_SIDE = 4096;

/** The one input, a picture. */
function imageInput(inputs: readonly ValueMessage[], file: string): ImportedInput {
  const [input, ...more] = inputs;
  const tensor = input?.type?.tensor_type;
  if (!input || !tensor || more.length > 0) {
    throw unusable(file, `it takes ${inputs.length} inputs instead of one picture`);
  }
  const dims = tensor.shape?.dim.map(({ dim_value: size }) => (size && size > 0 ? size : null));
  const [batch = null, second = null, third = null, last = null] = dims ?? [];
  const isChannels = (size: number | null): size is number =>
    size !== null && size >= 1 && size <= 4;
  const picture =
    dims?.length === 4 && (FLOATS.includes(tensor.elem_type) || tensor.elem_type === 2);
  const sides = (height: number | null, width: number | null) => {
    if ((height ?? 1) > LARGEST_SIDE || (width ?? 1) > LARGEST_SIDE) {
      throw unusable(file, 'it takes pictures larger than 4096 pixels');
    }
    return { height, width };
  };
  const { name } = input;
  if (picture && isChannels(second)) {
    return { name, layout: 'nchw', channels: second, ...sides(third, last), batch };
  }
  if (picture && isChannels(last)) {
    return { name, layout: 'nhwc', channels: last, ...sides(second, third), batch };
  }
  throw unusable(file, 'its input is no picture of one to four channels');
}

/** Each node after what it reads. Throws where that cannot be: in a circle, or without a source. */
function inOrder(
  nodes: readonly ParsedNode[],
  given: ReadonlySet<string>,
  file: string,
): ParsedNode[] {
  const made = new Map<string, ParsedNode>();
  for (const node of nodes) {
    for (const name of node.outputs) {
      if (name === '') continue;
      if (made.has(name) || given.has(name)) throw unreadable(file, `${name} is made twice`);
      made.set(name, node);
    }
  }
  const readers = new Map<ParsedNode, ParsedNode[]>();
  const waiting = new Map<ParsedNode, number>();
  for (const node of nodes) {
    const sources = new Set<ParsedNode>();
    for (const name of node.inputs) {
      if (name === '' || given.has(name)) continue;
      const source = made.get(name);
      if (!source) throw unreadable(file, `${node.op} reads ${name}, which is not there`);
      sources.add(source);
    }
    waiting.set(node, sources.size);
    for (const source of sources) {
      const list = readers.get(source);
      if (list) list.push(node);
      else readers.set(source, [node]);
    }
  }
  // Files are in order already: so this keeps their order.
  const ready = nodes.filter((node) => waiting.get(node) === 0);
  for (let at = 0; at < ready.length; at++) {
    for (const reader of readers.get(ready[at]!) ?? []) {
      const left = (waiting.get(reader) ?? 0) - 1;
      waiting.set(reader, left);
      if (left === 0) ready.push(reader);
    }
  }
  if (ready.length < nodes.length) throw unreadable(file, 'its operators go round in a circle');
  const rank = new Map(nodes.map((node, index) => [node, index]));
  const sorted = nodes.every((node) =>
    node.inputs.every((name) => {
      const source = made.get(name);
      return !source || (rank.get(source) ?? 0) < (rank.get(node) ?? 0);
    }),
  );
  return sorted ? [...nodes] : ready;
}
