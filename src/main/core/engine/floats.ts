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
