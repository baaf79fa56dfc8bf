/** A model as the bytes of a `.tflite` file: FlatBuffers with the tables of TensorFlow's schema. */
import { Builder, type Offset } from 'flatbuffers';
import {
  operatorCodes,
  tensorTypes,
  type LiteModel,
  type LiteOp,
  type LiteTensor,
} from './model.ts';

type Kind = 'i8' | 'i32' | 'bool' | 'f32';
/** Place of each field in its table. */
type Table = readonly (readonly [name: string, kind: Kind])[];

const activation = ['activation', 'i8'] as const;
const strides = [
  ['padding', 'i8'],
  ['stride_w', 'i32'],
  ['stride_h', 'i32'],
] as const;

/** Number of the options' table in the schema's union, and its fields in order. */
const optionTables: Partial<Record<LiteOp, readonly [union: number, Table]>> = {
  CONV_2D: [
    1,
    [...strides, activation, ['dilation_w_factor', 'i32'], ['dilation_h_factor', 'i32']],
  ],
  DEPTHWISE_CONV_2D: [
    2,
    [
      ...strides,
      ['depth_multiplier', 'i32'],
      activation,
      ['dilation_w_factor', 'i32'],
      ['dilation_h_factor', 'i32'],
    ],
  ],
  AVERAGE_POOL_2D: [5, [...strides, ['filter_width', 'i32'], ['filter_height', 'i32'], activation]],
  MAX_POOL_2D: [5, [...strides, ['filter_width', 'i32'], ['filter_height', 'i32'], activation]],
  FULLY_CONNECTED: [8, [activation, ['weights_format', 'i8'], ['keep_num_dims', 'bool']]],
  SOFTMAX: [9, [['beta', 'f32']]],
  CONCATENATION: [10, [['axis', 'i32'], activation]],
  ADD: [11, [activation]],
  RESIZE_BILINEAR: [
    15,
    [
      ['new_height', 'i32'],
      ['new_width', 'i32'],
      ['align_corners', 'bool'],
      ['half_pixel_centers', 'bool'],
    ],
  ],
  RESHAPE: [17, []],
  MUL: [21, [activation]],
  PAD: [22, []],
  TRANSPOSE: [26, []],
  MEAN: [27, [['keep_dims', 'bool']]],
  SUM: [27, [['keep_dims', 'bool']]],
  REDUCE_MAX: [27, [['keep_dims', 'bool']]],
  SUB: [28, [activation]],
  DIV: [29, [activation]],
  STRIDED_SLICE: [
    32,
    [
      ['begin_mask', 'i32'],
      ['end_mask', 'i32'],
    ],
  ],
  CAST: [37, []],
  TRANSPOSE_CONV: [49, [...strides, activation]],
  LEAKY_RELU: [75, [['alpha', 'f32']]],
  BATCH_MATMUL: [
    101,
    [
      ['adj_x', 'bool'],
      ['adj_y', 'bool'],
    ],
  ],
  GELU: [116, [['approximate', 'bool']]],
};

/** The version that first took int8 tensors, where it is not 1. */
const int8Versions: Partial<Record<LiteOp, number>> = {
  ADD: 2,
  AVERAGE_POOL_2D: 2,
  CONCATENATION: 2,
  CONV_2D: 3,
  DEPTHWISE_CONV_2D: 3,
  DEQUANTIZE: 2,
  FULLY_CONNECTED: 4,
  LEAKY_RELU: 2,
  LOGISTIC: 2,
  MAX_POOL_2D: 2,
  MEAN: 2,
  MUL: 2,
  PAD: 2,
  PADV2: 2,
  RELU: 2,
  RELU6: 2,
  REDUCE_MAX: 2,
  RESIZE_BILINEAR: 2,
  STRIDED_SLICE: 2,
  SUB: 2,
  TANH: 2,
  TRANSPOSE: 2,
  TRANSPOSE_CONV: 3,
};

export interface LiteFile {
  description: string;
  /** Entries of the file's own list of metadata. */
  metadata: Readonly<Record<string, string>>;
}

export function encodeLite(model: LiteModel, { description, metadata }: LiteFile): Uint8Array {
  const b = new Builder(1 << 20);
  // Buffer 0 is empty by convention: of tensors that are no constants.
  const buffers = [table(b, 1, () => undefined)];
  const addBuffer = (bytes: Uint8Array): number => {
    // Numbers are read in place: they begin at a multiple of 16.
    b.prep(16, bytes.length);
    const data = b.createByteVector(bytes);
    buffers.push(table(b, 3, () => b.addFieldOffset(0, data, 0)));
    return buffers.length - 1;
  };
  const tensors = model.tensors.map((tensor) => {
    const { data } = tensor;
    const bytes = data && new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return encodeTensor(b, tensor, bytes ? addBuffer(bytes) : 0);
  });
  const versions = operatorVersions(model);
  const operators = model.operators.map((operator) => {
    const { op, inputs, output, options } = operator;
    const encodedOptions = encodeOptions(b, op, options);
    const from = vector(b, inputs);
    const to = vector(b, [output]);
    return table(b, 5, () => {
      b.addFieldInt32(
        0,
        versions.findIndex((each) => each.op === op),
        0,
      );
      b.addFieldOffset(1, from, 0);
      b.addFieldOffset(2, to, 0);
      if (encodedOptions) {
        b.addFieldInt8(3, encodedOptions.union, 0);
        b.addFieldOffset(4, encodedOptions.offset, 0);
      }
    });
  });
  const subgraph = encodeSubgraph(b, model, tensors, operators);
  const codes = versions.map(({ op, version }) =>
    table(b, 4, () => {
      // What old readers know has a place of its own.
      b.addFieldInt8(0, Math.min(operatorCodes[op], 127), 0);
      b.addFieldInt32(2, version, 1);
      b.addFieldInt32(3, operatorCodes[op], 0);
    }),
  );
  const entries = Object.entries(metadata).map(([key, value]) => {
    const name = b.createString(key);
    const buffer = addBuffer(new TextEncoder().encode(value));
    return table(b, 2, () => {
      b.addFieldOffset(0, name, 0);
      b.addFieldInt32(1, buffer, 0);
    });
  });
  const parts = {
    codes: offsets(b, codes),
    subgraphs: offsets(b, [subgraph]),
    description: b.createString(description),
    buffers: offsets(b, buffers),
    metadata: offsets(b, entries),
  };
  const root = table(b, 7, () => {
    b.addFieldInt32(0, 3, 0);
    b.addFieldOffset(1, parts.codes, 0);
    b.addFieldOffset(2, parts.subgraphs, 0);
    b.addFieldOffset(3, parts.description, 0);
    b.addFieldOffset(4, parts.buffers, 0);
    b.addFieldOffset(6, parts.metadata, 0);
  });
  b.finish(root, 'TFL3');
  return b.asUint8Array();
}

function encodeSubgraph(
  b: Builder,
  model: LiteModel,
  tensors: readonly Offset[],
  operators: readonly Offset[],
): Offset {
  const parts = [
    offsets(b, tensors),
    vector(b, model.inputs),
    vector(b, model.outputs),
    offsets(b, operators),
    b.createString('main'),
  ];
  return table(b, 5, () => parts.forEach((part, index) => b.addFieldOffset(index, part, 0)));
}

function operatorVersions({ tensors, operators }: LiteModel): { op: LiteOp; version: number }[] {
  const versions = new Map<LiteOp, number>();
  for (const { op, inputs, output } of operators) {
    const integer = [...inputs, output].some((index) => tensors[index]?.type === 'int8');
    const version = integer || op === 'TRANSPOSE_CONV' ? (int8Versions[op] ?? 1) : 1;
    versions.set(op, Math.max(version, versions.get(op) ?? 1));
  }
  return [...versions].map(([op, version]) => ({ op, version }));
}

function encodeTensor(b: Builder, tensor: LiteTensor, buffer: number): Offset {
  const { quantization } = tensor;
  const name = b.createString(tensor.name);
  // A reader that knows no open sizes sees a batch of one.
  const shape = vector(
    b,
    tensor.shape.map((size) => (size < 0 ? 1 : size)),
  );
  const signature = tensor.shape.some((size) => size < 0) ? vector(b, tensor.shape) : null;
  const quantized = quantization && encodeQuantization(b, quantization);
  return table(b, 8, () => {
    b.addFieldOffset(0, shape, 0);
    b.addFieldInt8(1, tensorTypes[tensor.type], 0);
    b.addFieldInt32(2, buffer, 0);
    b.addFieldOffset(3, name, 0);
    if (quantized) b.addFieldOffset(4, quantized, 0);
    if (signature) b.addFieldOffset(7, signature, 0);
  });
}

function encodeQuantization(
  b: Builder,
  { scale, zeroPoint, axis }: NonNullable<LiteTensor['quantization']>,
): Offset {
  b.startVector(4, scale.length, 4);
  for (const value of scale.toReversed()) b.addFloat32(value);
  const scales = b.endVector();
  b.startVector(8, zeroPoint.length, 8);
  for (const value of zeroPoint.toReversed()) b.addInt64(BigInt(value));
  const zeroPoints = b.endVector();
  return table(b, 7, () => {
    b.addFieldOffset(2, scales, 0);
    b.addFieldOffset(3, zeroPoints, 0);
    b.addFieldInt32(6, axis, 0);
  });
}

function encodeOptions(
  b: Builder,
  op: LiteOp,
  options: Readonly<Record<string, number | boolean>>,
): { union: number; offset: Offset } | null {
  const found = optionTables[op];
  if (!found) return null;
  const [union, fields] = found;
  const unknown = Object.keys(options).find((key) => !fields.some(([name]) => name === key));
  if (unknown !== undefined) throw new RangeError(`${op} has no option ${unknown}`);
  const offset = table(b, fields.length, () => {
    for (const [index, [name, kind]] of fields.entries()) {
      const value = Number(options[name] ?? 0);
      if (kind === 'i32') b.addFieldInt32(index, value, 0);
      else if (kind === 'f32') b.addFieldFloat32(index, value, 0);
      else b.addFieldInt8(index, value, 0);
    }
  });
  return { union, offset };
}

function table(b: Builder, fields: number, add: () => void): Offset {
  b.startObject(fields);
  add();
  return b.endObject();
}

function vector(b: Builder, numbers: readonly number[]): Offset {
  b.startVector(4, numbers.length, 4);
  for (const value of numbers.toReversed()) b.addInt32(value);
  return b.endVector();
}

function offsets(b: Builder, list: readonly Offset[]): Offset {
  b.startVector(4, list.length, 4);
  for (const offset of list.toReversed()) b.addOffset(offset);
  return b.endVector();
}
