/** The ONNX intermediate representation: typed values, nodes, a graph. */
import type { OpName } from './op-names.ts';

/** float16 and int8 stand in exported graphs only; float16 lies as bits in 16-bit integers. */
export type DType = 'float32' | 'float16' | 'int64' | 'int32' | 'int8' | 'uint8' | 'bool';

/** A size, or the name of one that is known only when the graph runs ('batch'). */
export type Dim = number | string;
export type Shape = readonly Dim[];

export type TypedArray =
  Float32Array | Uint16Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;

/** Dense row-major data on the host. A bool is one byte. */
export interface TensorData {
  dtype: DType;
  dims: readonly number[];
  data: TypedArray;
}

/** What flows along an edge. Compared by identity; the name is unique in its graph. */
export interface Value {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  /** Set when the value is a constant of the graph. */
  readonly constant?: TensorData | undefined;
}

export type AttributeValue = number | string | readonly number[];
export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface Node {
  readonly op: OpName;
  /** Null where an optional input is left out. */
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly constants: readonly Value[];
  readonly nodes: readonly Node[];
  /** Public name → value. */
  readonly outputs: ReadonlyMap<string, Value>;
}

export interface ValueType {
  dtype: DType;
  shape: Shape;
}
