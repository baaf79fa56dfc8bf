/** x · Φ(x) as the layers write it: TFLite has no error function, but it has all of this as one. */
import type { Graph, Node, Value } from '../../graph/types.ts';
import { floatsOf } from '../rewrite.ts';

export interface Gelus {
  /** The last node of each, and what it is of. */
  ends: ReadonlyMap<Node, Value>;
  inside: ReadonlySet<Node>;
}

export function findGelus(
  graph: Graph,
  made: ReadonlyMap<Value, Node>,
  uses: ReadonlyMap<Value, number>,
): Gelus {
  const ends = new Map<Node, Value>();
  const inside = new Set<Node>();
  /** The value that a node of this kind combines with the constant. */
  const without = (node: Node | undefined, op: string, constant: number): Value | null => {
    if (node?.op !== op) return null;
    const [a, c] = node.inputs;
    if (Math.abs((floatsOf(c)?.[0] ?? NaN) - constant) < 1e-6) return a ?? null;
    return Math.abs((floatsOf(a)?.[0] ?? NaN) - constant) < 1e-6 ? (c ?? null) : null;
  };
  const single = (value: Value | null | undefined): Node | undefined =>
    value && uses.get(value) === 1 ? made.get(value) : undefined;
  for (const end of graph.nodes) {
    if (end.op !== 'Mul') continue;
    for (const [half, rest] of [end.inputs, end.inputs.toReversed()]) {
      const halved = without(single(half), 'Mul', 0.5);
      const grown = without(single(rest), 'Add', 1);
      const error = single(grown);
      const scaled = error?.op === 'Erf' ? error.inputs[0] : null;
      const x = without(single(scaled), 'Mul', Math.SQRT1_2);
      if (!x || x !== halved) continue;
      ends.set(end, x);
      for (const value of [half, rest, grown, scaled]) inside.add(made.get(value!)!);
    }
  }
  return { ends, inside };
}
