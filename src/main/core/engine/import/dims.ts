/** Arithmetic on sizes, of which the batch's is known by name only. */
import { measure, multiple } from '../graph/shape.ts';
import type { Dim } from '../graph/types.ts';
import { Untranslatable } from './errors.ts';

function parts(dim: Dim): { count: number; name: string | undefined } {
  const { count, names } = measure([dim]);
  return { count, name: names[0] };
}

function unknown(): Untranslatable {
  return new Untranslatable('it computes with the number of images');
}

export function multiply(a: Dim, b: Dim): Dim {
  const left = parts(a);
  const right = parts(b);
  if (left.name !== undefined && right.name !== undefined) throw unknown();
  const name = left.name ?? right.name;
  const count = left.count * right.count;
  return name === undefined ? count : multiple(count, name);
}

/** Exact where a name is left over; of integers as ONNX has it, towards zero. */
export function divide(a: Dim, b: Dim, integers: boolean): Dim {
  const left = parts(a);
  const right = parts(b);
  const quotient = left.count / right.count;
  if (right.name === undefined && left.name === undefined) {
    return integers ? Math.trunc(quotient) : quotient;
  }
  if (!Number.isInteger(quotient)) throw unknown();
  if (right.name === undefined && left.name !== undefined) return multiple(quotient, left.name);
  if (left.name === right.name) return quotient;
  throw unknown();
}

/** For what has no answer with a name in it. */
export function plain(dim: Dim | undefined): number {
  if (typeof dim !== 'number') throw unknown();
  return dim;
}
