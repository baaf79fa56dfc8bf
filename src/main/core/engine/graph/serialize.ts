import { ops } from '../ops/index.ts';
import type { AttributeKind } from '../ops/types.ts';
import { attributeTypes, dataTypes, ModelProto } from './onnx-proto.ts';
import { GraphError } from './shape.ts';
import type { AttributeValue, Graph, Node, TensorData, Value } from './types.ts';

/** ONNX 1.16: the newest that ONNX Runtime's CPU and WebGPU providers both serve completely. */
export const OPSET = 21;
const IR_VERSION = 10;

export interface SerializeOptions {
  producerVersion?: string;
  description?: string;
  /** Written as metadata_props. */
  metadata?: Readonly<Record<string, string>>;
}

/** The graph as the bytes of a self-contained `.onnx` file. */
export function toOnnx(graph: Graph, options: SerializeOptions = {}): Uint8Array {
  const publicNames = new Map<Value, string>();
  for (const [name, value] of graph.outputs) publicNames.set(value, name);
  const nameOf = (value: Value | null) => (value ? (publicNames.get(value) ?? value.name) : '');

  return ModelProto.encode({
    ir_version: IR_VERSION,
    opset_import: [{ domain: '', version: OPSET }, ...foreignDomains(graph)],
    producer_name: 'fovea',
    producer_version: options.producerVersion ?? '',
    doc_string: options.description ?? '',
    metadata_props: Object.entries(options.metadata ?? {}).map(([key, value]) => ({ key, value })),
    graph: {
      name: graph.name,
      input: graph.inputs.map((value) => valueInfo(value, value.name)),
      output: [...graph.outputs].map(([name, value]) => valueInfo(value, name)),
      initializer: graph.constants.map((value) => tensorProto(nameOf(value), value.constant)),
      node: graph.nodes.map((node, index) => nodeProto(node, index, nameOf)),
    },
  }).finish();
}

function foreignDomains({ nodes }: Graph) {
  const domains = new Set(nodes.map(({ op }) => ops[op].foreign?.domain ?? ''));
  domains.delete('');
  return [...domains].map((domain) => ({ domain, version: 1 }));
}

function nodeProto(node: Node, index: number, nameOf: (value: Value | null) => string) {
  const { attributes: kinds, foreign } = ops[node.op];
  return {
    name: `${node.op}_${index}`,
    op_type: foreign?.type ?? node.op,
    domain: foreign?.domain ?? '',
    input: node.inputs.map(nameOf),
    output: node.outputs.map(nameOf),
    attribute: Object.entries(node.attributes).map(([name, value]) =>
      attributeProto(name, kinds[name], value),
    ),
  };
}

function attributeProto(name: string, kind: AttributeKind | undefined, value: AttributeValue) {
  if (kind === undefined) throw new GraphError(`unknown attribute ${name}`);
  const type = attributeTypes[kind];
  switch (kind) {
    case 'int':
      return { name, type, i: value };
    case 'float':
      return { name, type, f: value };
    case 'ints':
      return { name, type, ints: value };
    case 'floats':
      return { name, type, floats: value };
    case 'string':
      return { name, type, s: new TextEncoder().encode(String(value)) };
  }
}

function tensorProto(name: string, tensor: TensorData | undefined) {
  if (!tensor) throw new GraphError(`${name} is no constant`);
  const { buffer, byteOffset, byteLength } = tensor.data;
  return {
    name,
    dims: tensor.dims,
    data_type: dataTypes[tensor.dtype],
    // ONNX wants little-endian, which every platform of Node's is.
    raw_data: new Uint8Array(buffer, byteOffset, byteLength),
  };
}

function valueInfo(value: Value, name: string) {
  const dim = value.shape.map((size) =>
    typeof size === 'number' ? { dim_value: size } : { dim_param: size },
  );
  return { name, type: { tensor_type: { elem_type: dataTypes[value.dtype], shape: { dim } } } };
}
