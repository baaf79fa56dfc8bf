/** What operators work on: values of the graph, and numbers that are known while it is built. */
import type { GraphBuilder } from '../graph/builder.ts';
import { allocate, elements } from '../graph/shape.ts';
import type { Dim, DType, TypedArray, Value } from '../graph/types.ts';
import { plain } from './dims.ts';
import { Untranslatable } from './errors.ts';
import type { KnownTensor } from './types.ts';

/** Row-major; a number may be one that is known by name only ('batch'). */
export interface Known {
  known: true;
  dtype: DType;
  dims: readonly number[];
  data: ArrayLike<Dim>;
}

export type Operand = Value | Known;

/** Numbers that are worked out beforehand; a file cannot ask for more. */
const MOST_KNOWN = 1 << 20;

export function isKnown(operand: Operand): operand is Known {
  return 'known' in operand;
}

export function known(dtype: DType, dims: readonly number[], data: ArrayLike<Dim>): Known {
  return { known: true, dtype, dims, data };
}

export function fromTensor({ dtype, dims, data }: KnownTensor): Known {
  return known(dtype, dims, data);
}

/** How many numbers `dims` have, if that is few enough to work them out. */
export function bearable(dims: readonly number[]): number {
  const count = elements(dims);
  if (!(count <= MOST_KNOWN)) throw new Untranslatable('it makes very many numbers of a few');
  return count;
}

/** As a value of the graph. */
export function materialize(b: GraphBuilder, { dtype, dims, data }: Known): Value {
  if (dtype === 'float32' && data instanceof Float32Array && dims.length > 0) {
    return b.tensor({ dtype, dims, data });
  }
  const numbers = Array.from(data, plain);
  const [only] = numbers;
  if (dtype === 'float32' && dims.length === 0 && only !== undefined) return b.scalar(only);
  if (dtype === 'int64' && dims.length === 1) return b.ints(numbers.map(clamped));
  return b.tensor({ dtype, dims, data: typed(dtype, numbers) });
}

function typed(dtype: DType, numbers: readonly number[]): TypedArray {
  const data = allocate(dtype, numbers.length);
  for (const [at, number] of numbers.entries()) {
    if (data instanceof BigInt64Array) data[at] = BigInt(clamped(number));
    else data[at] = number;
  }
  return data;
}

const FAR = 2 ** 31;

/** Exporters write the largest int64 for 'to the end', which double precision cannot hold. */
export function clamped(number: number): number {
  return Math.max(-FAR, Math.min(FAR, Math.trunc(number)));
}
