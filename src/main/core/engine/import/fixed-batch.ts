/** Models that were written for one batch size: their reshapes say it as a number. */
import { elements, measure } from '../graph/shape.ts';
import type { Shape } from '../graph/types.ts';
import type { ImportedNode, KnownTensor } from './types.ts';

/**
 * The target of a Reshape with −1 in place of the size that holds the batch; null if it needs no
 * change. `shape` is what is reshaped, with the batch by its name; `batch` is the size in the file.
 */
export function freeTarget(
  target: ArrayLike<number>,
  shape: Shape,
  batch: number,
): number[] | null {
  const sizes = Array.from(target);
  const axis = shape.findIndex((dim) => typeof dim === 'string');
  if (axis < 0) return null;
  const { count } = measure(shape);
  const fixed = sizes.map((size, at) => (size === 0 ? Number(shape[at]) : size));
  const open = fixed.indexOf(-1);
  const rest = elements(fixed.filter((size) => size !== -1));
  if (open >= 0) fixed[open] = (count * batch) / rest;
  if (fixed.some((size) => !Number.isInteger(size)) || elements(fixed) !== count * batch) {
    return null;
  }
  // Numbers lie in the same order before and after: the batch stays behind as many of them.
  const ahead = elements(shape.slice(0, axis).map(Number));
  let product = 1;
  for (const [at, size] of fixed.entries()) {
    if (product === ahead && size % batch === 0) return fixed.with(at, -1);
    product *= size;
  }
  return null;
}

/** `node` reading `target` instead, which goes into `constants`. */
export function withTarget(
  node: ImportedNode,
  target: readonly number[],
  constants: Map<string, KnownTensor>,
): ImportedNode {
  const name = `${node.outputs[0] ?? ''}/shape`;
  constants.set(name, { dtype: 'int64', dims: [target.length], data: target });
  return { ...node, inputs: [node.inputs[0] ?? '', name] };
}
