import { ops } from '../ops/index.ts';
import { GraphError, formatShape, sameShape } from './shape.ts';
import type { Graph, Value } from './types.ts';

/**
 * Checks a finished graph: every value is defined before it is used and only once, attributes are
 * known to their operator, and types and shapes are what the operators' rules say.
 */
export function validate(graph: Graph): void {
  const defined = new Set<Value>();
  const names = new Set<string>();
  const define = (value: Value) => {
    if (names.has(value.name))
      throw new GraphError(`${graph.name}: ${value.name} is defined twice`);
    names.add(value.name);
    defined.add(value);
  };
  for (const value of graph.inputs) define(value);
  for (const value of graph.constants) define(value);
  for (const node of graph.nodes) {
    const definition = ops[node.op];
    for (const input of node.inputs) {
      if (input && !defined.has(input)) {
        throw new GraphError(`${graph.name}: ${node.op} uses ${input.name} before it is made`);
      }
    }
    for (const attribute of Object.keys(node.attributes)) {
      if (!Object.hasOwn(definition.attributes, attribute)) {
        throw new GraphError(`${graph.name}: ${node.op} has no attribute ${attribute}`);
      }
    }
    const types = definition.infer(node.inputs, node.attributes);
    for (const [index, value] of node.outputs.entries()) {
      const type = types[index];
      if (type?.dtype !== value.dtype || !sameShape(type.shape, value.shape)) {
        throw new GraphError(
          `${graph.name}: ${value.name} says ${value.dtype}${formatShape(value.shape)}, its rule ` +
            (type ? `${type.dtype}${formatShape(type.shape)}` : 'nothing'),
        );
      }
      define(value);
    }
  }
  for (const [name, value] of graph.outputs) {
    if (!defined.has(value)) throw new GraphError(`${graph.name}: output ${name} is never made`);
    if (names.has(name) && name !== value.name) {
      throw new GraphError(`${graph.name}: output ${name} takes the name of another value`);
    }
  }
}
