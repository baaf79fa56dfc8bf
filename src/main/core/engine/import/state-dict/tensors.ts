/** Tensors of a state dict that somebody else wrote, read when they are asked for. */
import { AppError } from '#shared/errors.ts';
import { fromBrain, fromHalf } from '../../graph/half.ts';

export interface StoredTensor {
  shape: readonly number[];
  /** As float32, row by row. */
  read(): Float32Array;
}

export interface StateDict {
  tensors: ReadonlyMap<string, StoredTensor>;
  /** What safetensors files say of themselves. */
  metadata: Readonly<Record<string, string>>;
}

export interface NumberType {
  bytes: number;
  read: (view: DataView, at: number) => number;
}

/** By PyTorch's names; safetensors' are shorter. */
export const numberTypes: Readonly<Record<string, NumberType>> = {
  Float: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  Double: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  Half: { bytes: 2, read: (view, at) => fromHalf(view.getUint16(at, true)) },
  BFloat16: { bytes: 2, read: (view, at) => fromBrain(view.getUint16(at, true)) },
  Long: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  Int: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  Short: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  Char: { bytes: 1, read: (view, at) => view.getInt8(at) },
  Byte: { bytes: 1, read: (view, at) => view.getUint8(at) },
  Bool: { bytes: 1, read: (view, at) => view.getUint8(at) },
};

export interface Placed {
  type: NumberType;
  shape: readonly number[];
  /** How many numbers further the next one along each axis is. */
  strides: readonly number[];
  /** Of the first number. */
  offset: number;
}

/** @throws RangeError where some of it would lie outside of `bytes` */
export function stored(bytes: Uint8Array, { type, shape, strides, offset }: Placed): StoredTensor {
  const whole = [...shape, ...strides, offset].every(
    (size) => Number.isSafeInteger(size) && size >= 0,
  );
  const count = shape.reduce((product, size) => product * size, 1);
  const last = shape.reduce((at, size, axis) => at + (size - 1) * strides[axis]!, offset);
  const numbers = Math.floor(bytes.byteLength / type.bytes);
  if (!whole || shape.length !== strides.length || shape.length > 16 || count > numbers) {
    throw new RangeError('a tensor has impossible sizes');
  }
  if (count > 0 && last >= numbers) throw new RangeError('a tensor is cut off');
  return {
    shape,
    read() {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const data = new Float32Array(count);
      const index = shape.map(() => 0);
      let at = offset;
      for (let to = 0; to < count; to++) {
        data[to] = type.read(view, at * type.bytes);
        for (let axis = shape.length - 1; axis >= 0; axis--) {
          at += strides[axis]!;
          if (++index[axis]! < shape[axis]!) break;
          at -= strides[axis]! * shape[axis]!;
          index[axis] = 0;
        }
      }
      return data;
    },
  };
}

export function rowMajor(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
}

/** What is wrong with the whole file. */
export function unreadable(subject: string, why: string, cause?: unknown): AppError {
  return new AppError('SOURCE_UNREADABLE', `${subject} cannot be read as weights: ${why}.`, {
    subject,
    hint: 'Save the state dict by torch.save(model.state_dict(), …) or as safetensors.',
    cause,
  });
}
