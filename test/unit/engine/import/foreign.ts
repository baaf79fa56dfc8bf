/** ONNX files as other programs write them, made by hand. */
import { attributeTypes, dataTypes, ModelProto } from '#core/engine/graph/onnx-proto.ts';

export type ForeignAttribute = number | string | readonly number[] | { float: number };

export interface ForeignNode {
  op: string;
  inputs: string[];
  outputs: string[];
  attributes?: Record<string, ForeignAttribute>;
  domain?: string;
}

export interface ForeignTensor {
  dims: number[];
  /** float32 unless they are big integers. */
  data: readonly number[] | readonly bigint[];
}

export interface ForeignModel {
  nodes: ForeignNode[];
  weights?: Record<string, ForeignTensor>;
  input?: (number | string)[];
  outputs?: string[];
  opset?: number;
  metadata?: Record<string, string>;
}

function attribute(name: string, value: ForeignAttribute) {
  if (typeof value === 'number') return { name, type: attributeTypes.int, i: value };
  if (typeof value === 'string') {
    return { name, type: attributeTypes.string, s: new TextEncoder().encode(value) };
  }
  if ('float' in value) return { name, type: attributeTypes.float, f: value.float };
  return { name, type: attributeTypes.ints, ints: value };
}

export function tensorMessage(name: string, { dims, data }: ForeignTensor) {
  const whole = typeof data[0] === 'bigint';
  const typed = whole
    ? BigInt64Array.from(data as readonly bigint[])
    : Float32Array.from(data as readonly number[]);
  return {
    name,
    dims,
    data_type: whole ? dataTypes.int64 : dataTypes.float32,
    raw_data: new Uint8Array(typed.buffer),
  };
}

/** As a message, for those who want to spoil it first. */
export function foreignMessage(model: ForeignModel) {
  const { nodes, weights = {}, input = ['N', 1, 8, 8], outputs, opset = 17, metadata = {} } = model;
  const last = nodes.at(-1)?.outputs[0] ?? 'x';
  const dim = input.map((size) =>
    typeof size === 'number' ? { dim_value: size } : { dim_param: size },
  );
  return {
    ir_version: 8,
    producer_name: 'by hand',
    opset_import: [{ domain: '', version: opset }],
    metadata_props: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name: 'foreign',
      node: nodes.map(({ op, inputs, outputs: made, attributes = {}, domain = '' }) => ({
        op_type: op,
        domain,
        input: inputs,
        output: made,
        attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
      })),
      initializer: Object.entries(weights).map(([name, tensor]) => tensorMessage(name, tensor)),
      input: [
        { name: 'x', type: { tensor_type: { elem_type: dataTypes.float32, shape: { dim } } } },
      ],
      output: (outputs ?? [last]).map((name) => ({
        name,
        type: { tensor_type: { elem_type: dataTypes.float32, shape: { dim: [] } } },
      })),
    },
  };
}

export function encode(message: object): Uint8Array {
  return ModelProto.encode(message).finish();
}

export function foreignFile(model: ForeignModel): Uint8Array {
  return encode(foreignMessage(model));
}

/** As many small numbers as `dims` have, always the same. */
export function numbers(dims: number[], scale = 0.3): ForeignTensor {
  const count = dims.reduce((product, size) => product * size, 1);
  const data = Array.from({ length: count }, (_, at) => scale * Math.sin(1 + 7 * at + count));
  return { dims, data };
}

/** Convolution, normalisation, pooling, classifier: two classes. */
export const smallModel: ForeignModel = {
  weights: {
    kernel: numbers([4, 1, 3, 3]),
    scale: { dims: [4], data: [1, 0.5, 2, 1] },
    shift: numbers([4]),
    mean: numbers([4]),
    variance: { dims: [4], data: [1, 2, 0.5, 1] },
    matrix: numbers([4, 2]),
    bias: numbers([2]),
  },
  nodes: [
    {
      op: 'Conv',
      inputs: ['x', 'kernel'],
      outputs: ['c'],
      attributes: { kernel_shape: [3, 3], strides: [2, 2], auto_pad: 'SAME_UPPER' },
    },
    {
      op: 'BatchNormalization',
      inputs: ['c', 'scale', 'shift', 'mean', 'variance'],
      outputs: ['n'],
    },
    { op: 'HardSwish', inputs: ['n'], outputs: ['h'] },
    { op: 'GlobalAveragePool', inputs: ['h'], outputs: ['p'] },
    { op: 'Flatten', inputs: ['p'], outputs: ['f'] },
    { op: 'Dropout', inputs: ['f'], outputs: ['d'] },
    { op: 'Gemm', inputs: ['d', 'matrix', 'bias'], outputs: ['y'] },
  ],
};
