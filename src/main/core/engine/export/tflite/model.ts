/** A TFLite model before it is bytes: tensors and operators by index, as in the file. */

/** Codes of the schema: tensorflow/compiler/mlir/lite/schema/schema.fbs. */
export const tensorTypes = { float32: 0, int32: 2, uint8: 3, int8: 9 } as const;
export type LiteType = keyof typeof tensorTypes;

export const operatorCodes = {
  ADD: 0,
  AVERAGE_POOL_2D: 1,
  CONCATENATION: 2,
  CONV_2D: 3,
  DEPTHWISE_CONV_2D: 4,
  DEQUANTIZE: 6,
  FULLY_CONNECTED: 9,
  LOGISTIC: 14,
  MAX_POOL_2D: 17,
  MUL: 18,
  RELU: 19,
  RELU6: 21,
  RESHAPE: 22,
  RESIZE_BILINEAR: 23,
  SOFTMAX: 25,
  TANH: 28,
  PAD: 34,
  TRANSPOSE: 39,
  MEAN: 40,
  SUB: 41,
  DIV: 42,
  STRIDED_SLICE: 45,
  EXP: 47,
  LOG_SOFTMAX: 50,
  CAST: 53,
  MAXIMUM: 55,
  MINIMUM: 57,
  NEG: 59,
  PADV2: 60,
  TRANSPOSE_CONV: 67,
  TILE: 69,
  LOG: 73,
  SUM: 74,
  SQRT: 75,
  REDUCE_MAX: 82,
  LEAKY_RELU: 98,
  ABS: 101,
  ELU: 111,
  QUANTIZE: 114,
  BATCH_MATMUL: 126,
  GELU: 150,
} as const;
export type LiteOp = keyof typeof operatorCodes;

export type LiteData = Float32Array | Int32Array | Int8Array | Uint8Array;

/** real = scale · (number − zeroPoint), for the whole tensor or for each index of `axis`. */
export interface Quantization {
  scale: readonly number[];
  zeroPoint: readonly number[];
  axis: number;
}

export interface LiteTensor {
  name: string;
  type: LiteType;
  /** −1 where the batch is. */
  shape: readonly number[];
  /** Of a constant. */
  data: LiteData | null;
  quantization: Quantization | null;
  /** The value of the graph whose numbers it has, in whatever order; for its range. */
  source: string | null;
}

export const activationCodes = { none: 0, relu: 1, relu6: 3 } as const;
export type LiteActivation = keyof typeof activationCodes;

export interface LiteOperator {
  op: LiteOp;
  /** Indices of tensors; −1 where an optional one is left out. */
  inputs: readonly number[];
  output: number;
  /** Of the operator's table of options, in snake case as in the schema. */
  options: Readonly<Record<string, number | boolean>>;
}

export interface LiteModel {
  tensors: LiteTensor[];
  operators: LiteOperator[];
  inputs: number[];
  outputs: number[];
}
