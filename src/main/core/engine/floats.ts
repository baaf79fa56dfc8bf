import { AppError } from '#shared/errors.ts';
import type { TensorData } from './graph/types.ts';

/** Of an output that is float32. */
export function floats(tensor: TensorData | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new AppError('ENGINE_FAILED', 'The model gave no numbers.');
}

export function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

/** Rows of `columns` numbers as columns. */
export function transposed(values: Float32Array, columns: number): Float32Array {
  const rows = values.length / columns;
  const turned = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      turned[column * rows + row] = values[row * columns + column]!;
    }
  }
  return turned;
}
