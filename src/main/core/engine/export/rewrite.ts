/** Graphs made of other graphs: nodes are handed on, changed or added, constants follow. */
import type { Attributes, DType, Graph, Node, Shape, TensorData, Value } from '../graph/types.ts';
import type { OpName } from '../graph/op-names.ts';

/** How often each value is read, by nodes and as an output of the graph. */
export function countUses(graph: Graph): ReadonlyMap<Value, number> {
  const uses = new Map<Value, number>();
  const add = (value: Value | null) => {
    if (value) uses.set(value, (uses.get(value) ?? 0) + 1);
  };
  for (const { inputs } of graph.nodes) inputs.forEach(add);
  [...graph.outputs.values()].forEach(add);
  return uses;
}

/** The node that makes each value. */
export function makers(graph: Graph): ReadonlyMap<Value, Node> {
  return new Map(graph.nodes.flatMap((node) => node.outputs.map((value) => [value, node])));
}

/**
 * Collects the nodes of a new graph. Types are given, not inferred: what is written here need not
 * follow the rules of graphs that the engine differentiates.
 */
export class Rewriter {
  readonly #graph: Graph;
  readonly #nodes: Node[] = [];
  readonly #names: Set<string>;
  /** What stands for a value of the old graph. */
  readonly #replaced = new Map<Value, Value>();

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#names = new Set([
      ...[...graph.inputs, ...graph.constants].map(({ name }) => name),
      ...graph.nodes.flatMap(({ outputs }) => outputs.map(({ name }) => name)),
      ...graph.outputs.keys(),
    ]);
  }

  /** What the new graph has in its place. */
  now(value: Value): Value {
    return this.#replaced.get(value) ?? value;
  }

  replace(value: Value, by: Value): void {
    this.#replaced.set(value, by);
  }

  /** The node as it is, on what its inputs have become. */
  keep(node: Node): void {
    this.#nodes.push({ ...node, inputs: node.inputs.map((value) => value && this.now(value)) });
  }

  /** As it is given. */
  push(node: Node): void {
    this.#nodes.push(node);
  }

  node(
    op: OpName,
    inputs: readonly (Value | null)[],
    type: { dtype: DType; shape: Shape },
    { name, attributes = {} }: { name: string; attributes?: Attributes },
  ): Value {
    const output: Value = { name: this.name(name), ...type };
    this.#nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  }

  constant(name: string, tensor: TensorData): Value {
    return { name: this.name(name), dtype: tensor.dtype, shape: tensor.dims, constant: tensor };
  }

  /** One that nothing else has. */
  name(wanted: string): string {
    let name = wanted;
    for (let count = 1; this.#names.has(name); count++) name = `${wanted}_${count}`;
    this.#names.add(name);
    return name;
  }

  /** Without nodes and constants that no output needs. */
  finish(): Graph {
    const outputs = new Map(
      [...this.#graph.outputs].map(([name, value]) => [name, this.now(value)]),
    );
    const needed = new Set<Value>(outputs.values());
    const nodes: Node[] = [];
    for (const node of this.#nodes.toReversed()) {
      if (!node.outputs.some((value) => needed.has(value))) continue;
      nodes.push(node);
      for (const value of node.inputs) if (value) needed.add(value);
    }
    return {
      name: this.#graph.name,
      inputs: this.#graph.inputs,
      constants: [...needed].filter(({ constant }) => constant !== undefined),
      nodes: nodes.toReversed(),
      outputs,
    };
  }
}

/** The numbers of a float constant, null where the value is none. */
export function floatsOf(value: Value | null | undefined): Float32Array | null {
  const data = value?.constant?.data;
  return data instanceof Float32Array ? data : null;
}
