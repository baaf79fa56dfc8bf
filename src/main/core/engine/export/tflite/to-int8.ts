/**
 * A TFLite model in int8: bytes go in, weights and layers are integers, and what comes after the
 * logits is float32 again, so that probabilities are not rounded. Follows TensorFlow's specification
 * of 8-bit quantization: kernels of convolutions have a scale for each output channel, biases are
 * int32 in the scale of their sums.
 */
import type { Range, Ranges } from '../quantize/calibrate.ts';
import { perChannel, quantized, rangeOf, scaleOf, type Scale } from '../quantize/scales.ts';
import type { LiteModel, LiteOp, LiteOperator, LiteTensor } from './model.ts';

/** Place of the kernel and of the bias among the inputs. */
const linear: Partial<Record<LiteOp, readonly [kernel: number, bias: number]>> = {
  CONV_2D: [1, 2],
  DEPTHWISE_CONV_2D: [1, 2],
  FULLY_CONNECTED: [1, 2],
  TRANSPOSE_CONV: [1, 3],
};
/** What comes out must have the scale of what goes in. */
const passing: ReadonlySet<LiteOp> = new Set<LiteOp>([
  'AVERAGE_POOL_2D',
  'MAX_POOL_2D',
  'PAD',
  'REDUCE_MAX',
  'RESHAPE',
  'RESIZE_BILINEAR',
  'STRIDED_SLICE',
  'TILE',
  'TRANSPOSE',
]);
const fixed: Partial<Record<LiteOp, Scale>> = {
  LOGISTIC: { scale: 1 / 256, zeroPoint: -128 },
  TANH: { scale: 1 / 128, zeroPoint: 0 },
};
const others: ReadonlySet<LiteOp> = new Set<LiteOp>([
  'ADD',
  'CONCATENATION',
  'LEAKY_RELU',
  'LOGISTIC',
  'MEAN',
  'MUL',
  'RELU',
  'RELU6',
  'SUB',
  'TANH',
]);

const LEAST = -128;
const MOST = 127;

/** @param ranges of the values of the graph that the model was made of */
export function toInt8Lite(model: LiteModel, ranges: Ranges): LiteModel {
  const quantizer = new Quantizer(model, ranges);
  for (const operator of model.operators) quantizer.add(operator);
  return quantizer.finish(model);
}

/** The kernels of a float model as integers. */
export function integerKernels({ tensors, operators }: LiteModel): LiteTensor[] {
  return operators.flatMap(({ op, inputs }) => {
    const place = linear[op]?.[0];
    return place === undefined ? [] : [integerKernel(tensors[inputs[place]!]!, op)];
  });
}

function integerKernel(tensor: LiteTensor, op: LiteOp): LiteTensor {
  const data = tensor.data as Float32Array;
  // Products with a matrix have one scale: not every runtime reads more.
  const whole = op === 'FULLY_CONNECTED';
  const axis = op === 'DEPTHWISE_CONV_2D' ? 3 : 0;
  const dims = whole ? [1, data.length] : tensor.shape;
  const { scales, integers } = perChannel(data, dims, axis, MOST);
  const zeroPoint = scales.map(() => 0);
  return {
    ...tensor,
    type: 'int8',
    data: integers,
    quantization: { scale: scales, zeroPoint, axis },
  };
}

class Quantizer {
  readonly #tensors: LiteTensor[];
  readonly #operators: LiteOperator[] = [];
  readonly #ranges: Ranges;
  readonly #integers = new Map<number, number>();
  readonly #floats = new Map<number, number>();
  readonly #constants = new Map<string, number>();
  /** Bytes as floats, not divided yet → the bytes. */
  readonly #bytes = new Map<number, number>();

  constructor(model: LiteModel, ranges: Ranges) {
    this.#tensors = [...model.tensors];
    this.#ranges = ranges;
  }

  add(operator: LiteOperator): void {
    const { op, inputs, output } = operator;
    if (op === 'CAST' && this.#tensors[inputs[0]!]!.type === 'uint8') {
      this.#bytes.set(output, inputs[0]!);
    } else if (op === 'DIV' && this.#bytes.has(inputs[0]!)) {
      this.#takeBytes(this.#bytes.get(inputs[0]!)!, output);
    } else if (this.#fits(operator)) {
      this.#addIntegers(operator);
    } else {
      this.#operators.push({ ...operator, inputs: inputs.map((index) => this.#float(index)) });
    }
  }

  /** Pixels 0 to 255 are 0 to 1 in steps of 1/255 as they are, and as int8 after a shift. */
  #takeBytes(bytes: number, output: number): void {
    const scale = Math.fround(1 / 255);
    const type = this.#tensors[bytes]!;
    this.#tensors[bytes] = { ...type, quantization: quantizationOf({ scale, zeroPoint: 0 }) };
    this.#integers.set(
      output,
      this.#operator('QUANTIZE', bytes, output, { scale, zeroPoint: LEAST }),
    );
  }

  #fits({ op, inputs, output }: LiteOperator): boolean {
    if (!linear[op] && !passing.has(op) && !others.has(op)) return false;
    const known = (index: number) => this.#integers.has(index) || this.#rangeOf(index) !== null;
    const variables = inputs.filter((index) => this.#tensors[index]?.data === null);
    // What is made of constants alone stays as it is.
    return (
      variables.length > 0 &&
      variables.every(known) &&
      (passing.has(op) || this.#rangeOf(output) !== null)
    );
  }

  #rangeOf(index: number): Range | null {
    const { source } = this.#tensors[index]!;
    return source === null ? null : (this.#ranges.get(source) ?? null);
  }

  #addIntegers(operator: LiteOperator): void {
    const { op, inputs, output } = operator;
    const weights = linear[op];
    const first = inputs.find((index) => this.#tensors[index]?.data === null)!;
    const input = this.#integer(first);
    const from = scaleAt(this.#tensors[input]!);
    const to = passing.has(op) ? from : (fixed[op] ?? scaleOf(this.#rangeOf(output)!, LEAST, MOST));
    const taken = inputs.map((index, place) => {
      const tensor = this.#tensors[index];
      if (!tensor) return index;
      if (tensor.data === null) {
        const integer = this.#integer(index);
        return op === 'CONCATENATION' ? this.#inScale(integer, to) : integer;
      }
      if (tensor.type !== 'float32') return index;
      if (place === weights?.[0]) return this.#kernel(index, op);
      if (place === weights?.[1])
        return this.#bias(index, from, this.#kernel(inputs[weights[0]]!, op));
      return this.#constant(index);
    });
    const made = this.#tensor(output, to);
    this.#operators.push({ ...operator, inputs: taken, output: made });
    this.#integers.set(output, made);
  }

  #integer(index: number): number {
    const known = this.#integers.get(index);
    if (known !== undefined) return known;
    const made = this.#operator(
      'QUANTIZE',
      index,
      index,
      scaleOf(this.#rangeOf(index)!, LEAST, MOST),
    );
    this.#integers.set(index, made);
    return made;
  }

  #float(index: number): number {
    const integer = this.#integers.get(index);
    if (integer === undefined || this.#operators.some(({ output }) => output === index))
      return index;
    const known = this.#floats.get(index) ?? this.#tensors.push({ ...this.#tensors[index]! }) - 1;
    if (!this.#floats.has(index)) {
      this.#operators.push({ op: 'DEQUANTIZE', inputs: [integer], output: known, options: {} });
      this.#floats.set(index, known);
    }
    return known;
  }

  #inScale(index: number, { scale, zeroPoint }: Scale): number {
    const own = scaleAt(this.#tensors[index]!);
    if (own.scale === scale && own.zeroPoint === zeroPoint) return index;
    return this.#operator('QUANTIZE', index, index, { scale, zeroPoint });
  }

  #operator(op: 'QUANTIZE', input: number, like: number, scale: Scale): number {
    const output = this.#tensor(like, scale);
    this.#operators.push({ op, inputs: [input], output, options: {} });
    return output;
  }

  #tensor(like: number, scale: Scale): number {
    const tensor = this.#tensors[like]!;
    const name = `${tensor.name}_int8`;
    return (
      this.#tensors.push({ ...tensor, name, type: 'int8', quantization: quantizationOf(scale) }) - 1
    );
  }

  #once(key: string, make: () => LiteTensor): number {
    const known = this.#constants.get(key) ?? this.#tensors.push(make()) - 1;
    this.#constants.set(key, known);
    return known;
  }

  #kernel(index: number, op: LiteOp): number {
    return this.#once(`kernel ${index}`, () => integerKernel(this.#tensors[index]!, op));
  }

  #bias(index: number, { scale }: Scale, kernel: number): number {
    const tensor = this.#tensors[index]!;
    const scales = this.#tensors[kernel]!.quantization!.scale.map((each) =>
      Math.fround(each * scale),
    );
    return this.#once(`bias ${index} ${kernel} ${scale}`, () => {
      const data = Int32Array.from(tensor.data as Float32Array, (value, at) =>
        Math.round(value / scales[scales.length === 1 ? 0 : at]!),
      );
      const zeroPoint = scales.map(() => 0);
      return {
        ...tensor,
        type: 'int32',
        data,
        quantization: { scale: scales, zeroPoint, axis: 0 },
      };
    });
  }

  #constant(index: number): number {
    return this.#once(`constant ${index}`, () => {
      const tensor = this.#tensors[index]!;
      const data = tensor.data as Float32Array;
      const scale = scaleOf(rangeOf(data), LEAST, MOST);
      const integers = Int8Array.from(quantized(data, scale, LEAST, MOST));
      return { ...tensor, type: 'int8', data: integers, quantization: quantizationOf(scale) };
    });
  }

  /** Without the tensors that nothing uses any more. */
  finish({ inputs, outputs }: LiteModel): LiteModel {
    const ends = outputs.map((index) => this.#float(index));
    const places = new Map<number, number>();
    const tensors: LiteTensor[] = [];
    const place = (index: number): number => {
      if (index < 0) return index;
      const known = places.get(index) ?? tensors.push(this.#tensors[index]!) - 1;
      places.set(index, known);
      return known;
    };
    const starts = inputs.map(place);
    const operators = this.#operators.map((operator) => ({
      ...operator,
      inputs: operator.inputs.map(place),
      output: place(operator.output),
    }));
    return { tensors, operators, inputs: starts, outputs: ends.map(place) };
  }
}

function quantizationOf({ scale, zeroPoint }: Scale) {
  return { scale: [scale], zeroPoint: [zeroPoint], axis: 0 };
}

function scaleAt({ quantization }: LiteTensor): Scale {
  return { scale: quantization!.scale[0]!, zeroPoint: quantization!.zeroPoint[0]! };
}
