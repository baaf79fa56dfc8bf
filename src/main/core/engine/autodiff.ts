/** Reverse-mode differentiation: adds to a graph the nodes that compute gradients of a scalar. */
import type { GraphBuilder } from './graph/builder.ts';
import { GraphError, concrete, formatShape, sameShape } from './graph/shape.ts';
import type { Value } from './graph/types.ts';
import { filled } from './ops/helpers.ts';
import { ops } from './ops/index.ts';

/**
 * d loss / d each of `parameters`, in their order and shapes.
 *
 * Nothing is built for a value that none of `parameters` reaches, so leaving a parameter out
 * freezes it and all that only it needed. A parameter that the loss does not depend on has a zero
 * gradient. Throws a GraphError that names the operator if one on the way has no gradient rule.
 */
export function gradients(b: GraphBuilder, loss: Value, parameters: readonly Value[]): Value[] {
  if (loss.shape.length !== 0) throw new GraphError(`loss has shape ${formatShape(loss.shape)}`);
  const forward = [...b.nodes];
  const reached = new Set<Value>(parameters);
  for (const node of forward) {
    if (!node.inputs.some((value) => value && reached.has(value))) continue;
    for (const value of node.outputs) if (value.dtype === 'float32') reached.add(value);
  }

  const found = new Map<Value, Value>();
  if (reached.has(loss)) found.set(loss, b.scalar(1));
  const accumulate = (value: Value, grad: Value) => {
    if (!sameShape(value.shape, grad.shape)) {
      throw new GraphError(
        `gradient ${formatShape(grad.shape)} of ${value.name} ${formatShape(value.shape)}`,
      );
    }
    const before = found.get(value);
    // A value used twice gets the sum of what its uses say.
    found.set(value, before ? b.op('Add', [before, grad]) : grad);
  };

  for (const node of forward.toReversed()) {
    const grads = node.outputs.map((value) => found.get(value) ?? null);
    const grad = grads.find((value) => value !== null);
    const needs = (index: number) => {
      const value = node.inputs[index];
      return value !== null && value !== undefined && reached.has(value);
    };
    if (!grad || !node.inputs.some((_, index) => needs(index))) continue;
    const rule = ops[node.op].gradient;
    if (!rule) {
      throw new GraphError(`${node.op} (${node.outputs[0]?.name ?? ''}) has no gradient`);
    }
    const results = rule({
      b,
      node,
      grad,
      grads,
      needs,
      input: (index) => defined(node.inputs[index], `input ${index} of ${node.op}`),
      output: (index) => defined(node.outputs[index], `output ${index} of ${node.op}`),
    });
    for (const [index, result] of results.entries()) {
      const value = node.inputs[index];
      if (result && value && needs(index)) accumulate(value, result);
    }
  }
  return parameters.map((value) => found.get(value) ?? filled(b, concrete(value.shape), 0));
}

function defined(value: Value | null | undefined, what: string): Value {
  if (!value) throw new GraphError(`${what} is not there`);
  return value;
}
