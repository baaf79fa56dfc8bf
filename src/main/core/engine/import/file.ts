/** The messages of an ONNX file as plain objects. */
import { ModelProto } from '../graph/onnx-proto.ts';
import { unreadable } from './errors.ts';
import { checkWire } from './wire.ts';

export interface TensorMessage {
  dims: number[];
  data_type: number;
  name: string;
  raw_data?: Uint8Array;
  float_data?: Uint8Array;
  int32_data?: Uint8Array;
  int64_data?: Uint8Array;
  double_data?: Uint8Array;
  uint64_data?: Uint8Array;
  external_data: { key: string; value: string }[];
  data_location: number;
}

export interface AttributeMessage {
  name: string;
  f: number;
  i: number;
  s: Uint8Array;
  t?: TensorMessage | null;
  g?: Uint8Array;
  floats: number[];
  ints: number[];
  strings: Uint8Array[];
  graphs: Uint8Array[];
  type: number;
}

export interface NodeMessage {
  input: string[];
  output: string[];
  name: string;
  op_type: string;
  domain: string;
  attribute: AttributeMessage[];
}

export interface ValueMessage {
  name: string;
  type: {
    tensor_type?: {
      elem_type: number;
      shape: { dim: { dim_value?: number; dim_param?: string }[] } | null;
    } | null;
  } | null;
}

export interface ModelMessage {
  ir_version: number;
  producer_name: string;
  producer_version: string;
  opset_import: { domain: string; version: number }[];
  metadata_props: { key: string; value: string }[];
  functions: Uint8Array[];
  graph: {
    name: string;
    node: NodeMessage[];
    initializer: TensorMessage[];
    sparse_initializer: Uint8Array[];
    input: ValueMessage[];
    output: ValueMessage[];
  } | null;
}

/**
 * Decodes `bytes`; tensors stay views on them. Takes memory in proportion to the file, time likewise.
 * Throws SOURCE_UNREADABLE, naming `file`.
 */
export function decodeModel(bytes: Uint8Array, file: string): ModelMessage {
  try {
    checkWire(bytes);
    return ModelProto.toObject(ModelProto.decode(bytes), {
      longs: Number,
      arrays: true,
      defaults: true,
      oneofs: false,
    }) as ModelMessage;
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it is damaged';
    throw unreadable(file, why.startsWith('it') ? why : 'it is damaged or no such file');
  }
}
