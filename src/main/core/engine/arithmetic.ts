/**
 * Elementwise float32 arithmetic that can be written in more than one way: as nodes of a graph, or
 * as instructions of a loop over vectors. What is written once over this means the same in both, to
 * the bit, for each operation rounds once.
 */
import type { GraphBuilder } from './graph/builder.ts';
import type { Value } from './graph/types.ts';

export interface Arithmetic<V> {
  /** The number, rounded to float32, against every element. */
  constant(number: number): V;
  add(left: V, right: V): V;
  sub(left: V, right: V): V;
  mul(left: V, right: V): V;
  div(left: V, right: V): V;
  sqrt(value: V): V;
}

/** As nodes of `b`. */
export function graphArithmetic(b: GraphBuilder): Arithmetic<Value> {
  return {
    constant: (number) => b.scalar(number),
    add: (left, right) => b.op('Add', [left, right]),
    sub: (left, right) => b.op('Sub', [left, right]),
    mul: (left, right) => b.op('Mul', [left, right]),
    div: (left, right) => b.op('Div', [left, right]),
    sqrt: (value) => b.op('Sqrt', [value]),
  };
}
