import type { Dim, DType, Shape, TensorData, TypedArray, Value } from './types.ts';

/** A broken rule of the graph: a bug of the engine, never the user's doing. */
export class GraphError extends Error {
  override name = 'GraphError';
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** The dimension at `axis` (negative counts from the end). */
export function dimAt(shape: Shape, axis: number): Dim {
  const dim = shape.at(axis);
  if (dim === undefined) throw new GraphError(`no axis ${axis} in ${formatShape(shape)}`);
  return dim;
}

/** A dimension that must be known when the graph is built. */
export function sizeAt(shape: Shape, axis: number): number {
  const dim = dimAt(shape, axis);
  if (typeof dim !== 'number') {
    throw new GraphError(`axis ${axis} of ${formatShape(shape)} must have a known size`);
  }
  return dim;
}

export function concrete(shape: Shape): number[] {
  return shape.map((_, axis) => sizeAt(shape, axis));
}

export function elements(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/**
 * How many numbers a shape has: `count` times whatever its names stand for. A name may come with a
 * factor of its own: '12*batch'.
 */
export function measure(shape: Shape): { count: number; names: string[] } {
  let count = 1;
  const names: string[] = [];
  for (const dim of shape) {
    if (typeof dim === 'number') {
      count *= dim;
      continue;
    }
    const star = dim.indexOf('*');
    if (star > 0) count *= Number(dim.slice(0, star));
    names.push(dim.slice(star + 1));
  }
  return { count, names: names.sort() };
}

/** `times` as many as `name` stands for. */
export function multiple(times: number, name: string): Dim {
  return times === 1 ? name : `${times}*${name}`;
}

/** NumPy broadcasting of two shapes. */
export function broadcast(a: Shape, b: Shape): Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, index) => {
    const left = a[index - rank + a.length] ?? 1;
    const right = b[index - rank + b.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw new GraphError(`cannot broadcast ${formatShape(a)} with ${formatShape(b)}`);
  });
}

export function normalizeAxis(axis: number, rank: number): number {
  const result = axis < 0 ? axis + rank : axis;
  if (result < 0 || result >= rank) throw new GraphError(`axis ${axis} is outside rank ${rank}`);
  return result;
}

/** Numbers of an integer constant, which an operator needs to know its output shape. */
export function constantInts(value: Value | null | undefined, what: string): number[] {
  const data = value?.constant?.data;
  if (!(data instanceof BigInt64Array)) throw new GraphError(`${what} must be an int64 constant`);
  return Array.from(data, Number);
}

const bytesPerElement: Record<DType, number> = {
  float32: 4,
  float16: 2,
  int64: 8,
  int32: 4,
  int8: 1,
  uint8: 1,
  bool: 1,
};

export function byteSize(tensor: TensorData): number {
  return elements(tensor.dims) * bytesPerElement[tensor.dtype];
}

export function allocate(dtype: DType, count: number): TypedArray {
  switch (dtype) {
    case 'float32':
      return new Float32Array(count);
    case 'float16':
      return new Uint16Array(count);
    case 'int64':
      return new BigInt64Array(count);
    case 'int32':
      return new Int32Array(count);
    case 'int8':
      return new Int8Array(count);
    case 'uint8':
    case 'bool':
      return new Uint8Array(count);
  }
}
