/** Numbers of ONNX tensors, in whichever of their many forms. */
import protobuf from 'protobufjs/light.js';
import { dataTypes } from '../graph/onnx-proto.ts';
import { fromBrain, fromHalf } from '../graph/half.ts';
import type { DType } from '../graph/types.ts';
import type { TensorMessage } from './file.ts';
import type { KnownTensor } from './types.ts';

/** onnx.TensorProto.DataType of what our types do not have. */
const foreign = {
  int8: 3,
  uint16: 4,
  int16: 5,
  float16: 10,
  double: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const;

type Read = (view: DataView, at: number) => number;

interface Kind {
  dtype: DType;
  bytes: number;
  read: Read;
}

const kinds = new Map<number, Kind>([
  [dataTypes.float32, { dtype: 'float32', bytes: 4, read: (v, at) => v.getFloat32(at, true) }],
  [dataTypes.uint8, { dtype: 'uint8', bytes: 1, read: (v, at) => v.getUint8(at) }],
  [dataTypes.int32, { dtype: 'int32', bytes: 4, read: (v, at) => v.getInt32(at, true) }],
  [dataTypes.int64, { dtype: 'int64', bytes: 8, read: (v, at) => Number(v.getBigInt64(at, true)) }],
  [dataTypes.bool, { dtype: 'bool', bytes: 1, read: (v, at) => v.getUint8(at) }],
  [foreign.int8, { dtype: 'int32', bytes: 1, read: (v, at) => v.getInt8(at) }],
  [foreign.uint16, { dtype: 'int32', bytes: 2, read: (v, at) => v.getUint16(at, true) }],
  [foreign.int16, { dtype: 'int32', bytes: 2, read: (v, at) => v.getInt16(at, true) }],
  [foreign.uint32, { dtype: 'int64', bytes: 4, read: (v, at) => v.getUint32(at, true) }],
  [foreign.uint64, { dtype: 'int64', bytes: 8, read: (v, at) => Number(v.getBigUint64(at, true)) }],
  [foreign.double, { dtype: 'float32', bytes: 8, read: (v, at) => v.getFloat64(at, true) }],
  [
    foreign.float16,
    { dtype: 'float32', bytes: 2, read: (v, at) => fromHalf(v.getUint16(at, true)) },
  ],
  [
    foreign.bfloat16,
    { dtype: 'float32', bytes: 2, read: (v, at) => fromBrain(v.getUint16(at, true)) },
  ],
]);

/** Our type for a code of ONNX’s, as which its numbers are read; undefined for text and others. */
export function typeOf(code: number): DType | undefined {
  return kinds.get(code)?.dtype;
}

/** Of one number, by ONNX’s code. */
export function bytesOfType(code: number): number | undefined {
  return kinds.get(code)?.bytes;
}

/**
 * float16, float64 and bfloat16 become float32, other integers int64 or int32. Throws an Error that
 * says what is wrong with it. Takes memory only for numbers that are there; a
 * view on the file where that is possible.
 */
export function readTensor(tensor: TensorMessage): KnownTensor {
  const { dims, name } = tensor;
  const kind = kinds.get(tensor.data_type);
  if (!kind) throw new Error(`it holds no numbers in ${name || 'a constant'}`);
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (dims.length > 16 || dims.some((dim) => !Number.isInteger(dim) || dim < 0)) {
    throw new Error(`${name || 'a constant'} has impossible sizes`);
  }
  const { dtype } = kind;
  const raw = tensor.raw_data ?? new Uint8Array();
  const packed = raw.length > 0 ? null : packedOf(tensor);
  const found = packed ? packed.count : raw.length / kind.bytes;
  if (found !== count) {
    throw new Error(`${name || 'a constant'} says it has ${count} numbers and has ${found}`);
  }
  if (packed) return { dtype, dims, data: packed.fill(numbers(dtype, count), tensor.data_type) };
  if (tensor.data_type === dataTypes.float32 && raw.byteOffset % 4 === 0) {
    return { dtype, dims, data: new Float32Array(raw.buffer, raw.byteOffset, count) };
  }
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const data = numbers(dtype, count);
  for (let index = 0; index < count; index++) {
    data[index] = kind.read(view, index * kind.bytes);
  }
  return { dtype, dims, data };
}

/** Double precision has every integer that shapes are made of. */
type Numbers = Float32Array | Float64Array;

function numbers(dtype: DType, count: number): Numbers {
  return dtype === 'float32' ? new Float32Array(count) : new Float64Array(count);
}

interface Packed {
  count: number;
  fill(data: Numbers, code: number): Numbers;
}

/** The lists that protobuf has for small tensors. */
function packedOf(tensor: TensorMessage): Packed {
  const floats = tensor.float_data ?? new Uint8Array();
  if (floats.length > 0) return fixed(floats, 4, (view, at) => view.getFloat32(at, true));
  const doubles = tensor.double_data ?? new Uint8Array();
  if (doubles.length > 0) return fixed(doubles, 8, (view, at) => view.getFloat64(at, true));
  for (const list of [tensor.int32_data, tensor.int64_data, tensor.uint64_data]) {
    if (list && list.length > 0) return varints(list);
  }
  return { count: 0, fill: (data) => data };
}

function fixed(list: Uint8Array, bytes: number, read: Read): Packed {
  return {
    count: list.length / bytes,
    fill(data) {
      const view = new DataView(list.buffer, list.byteOffset, list.byteLength);
      for (let index = 0; index < data.length; index++) {
        data[index] = read(view, index * bytes);
      }
      return data;
    },
  };
}

function varints(list: Uint8Array): Packed {
  return {
    // Each number's last byte is below 128.
    count: list.reduce((sum, byte) => sum + Number(byte < 128), 0),
    fill(data, code) {
      const reader = protobuf.Reader.create(list);
      for (let index = 0; index < data.length; index++) {
        const number = Number(reader.int64());
        data[index] = code === foreign.float16 ? fromHalf(number) : number;
      }
      return data;
    },
  };
}
