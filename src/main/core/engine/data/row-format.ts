/** How the rows of a set are put to a graph: pixels as bytes, features as numbers. */
import type { TensorData } from '../graph/types.ts';
import type { TensorSet } from '../protocol.ts';

export type RowFormat = Pick<TensorSet, 'height' | 'width' | 'channels' | 'values'>;

/** Numbers of a row. */
export function rowLength({ height, width, channels }: RowFormat): number {
  return height * width * channels;
}

export function rowBytes(row: RowFormat): number {
  return rowLength(row) * (row.values === 'float32' ? Float32Array.BYTES_PER_ELEMENT : 1);
}

/**
 * Rows as graphs take them: uint8 [rows, height, width, channels], or float32 [rows, numbers].
 * @param bytes begins at a multiple of four where they are numbers
 */
export function rowsTensor(row: RowFormat, bytes: Uint8Array): TensorData {
  const rows = bytes.length / rowBytes(row);
  if (row.values !== 'float32') {
    const { height, width, channels } = row;
    return { dtype: 'uint8', dims: [rows, height, width, channels], data: bytes };
  }
  const numbers = bytes.length / Float32Array.BYTES_PER_ELEMENT;
  const data = new Float32Array(bytes.buffer, bytes.byteOffset, numbers);
  return { dtype: 'float32', dims: [rows, rowLength(row)], data };
}
