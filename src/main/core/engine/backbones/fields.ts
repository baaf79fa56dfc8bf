/** What each value of a pretrained network sees of its image, read off the operators that make it. */
import { sizeAt } from '../graph/shape.ts';
import type { Node, Value } from '../graph/types.ts';
import { slide, union, whole, type Field, type Sliding } from '../inspect/receptive-field.ts';

/**
 * Fields of the maps that `nodes` make of `x`. What sees all of the image, such as a gate made of means, has
 * none, and is left out where it meets a map.
 */
export function fieldsOf(nodes: readonly Node[], x: Value): ReadonlyMap<Value, Field> {
  const fields = new Map<Value, Field>([[x, [whole, whole]]]);
  for (const node of nodes) {
    const [output] = node.outputs;
    const field = output && fieldOf(node, output, fields);
    if (field) for (const value of node.outputs) fields.set(value, field);
  }
  return fields;
}

function fieldOf(
  { op, inputs, attributes }: Node,
  output: Value,
  fields: ReadonlyMap<Value, Field>,
): Field | undefined {
  const [first] = inputs;
  const before = first ? fields.get(first) : undefined;
  if (op === 'Conv' || op === 'MaxPool' || op === 'AveragePool') {
    return before && slide(before, slidingsOf(attributes));
  }
  // Only channels are moved: places stay.
  if (op === 'Transpose') return before;
  if (op === 'Resize' && first && before) {
    const [from, to] = [sizesOf(first), sizesOf(output)];
    const axis = (at: 0 | 1): Sliding => ({ reach: 1, stride: from[at] / to[at], before: 0 });
    return slide(before, [axis(0), axis(1)]);
  }
  if (output.shape.length !== 4) return undefined;
  const same = inputs.flatMap((value) => {
    const field = value && fields.get(value);
    return field && sizesOf(value).join() === sizesOf(output).join() ? [field] : [];
  });
  return same.length > 0 ? union(same) : undefined;
}

function sizesOf({ shape }: Value): [number, number] {
  return shape.length === 4 ? [sizeAt(shape, 2), sizeAt(shape, 3)] : [1, 1];
}

function slidingsOf(attributes: Node['attributes']): [Sliding, Sliding] {
  const list = (name: string, fallback: readonly number[]): readonly number[] => {
    const value = attributes[name];
    return Array.isArray(value) ? (value as readonly number[]) : fallback;
  };
  const kernel = list('kernel_shape', [1, 1]);
  const strides = list('strides', [1, 1]);
  const dilations = list('dilations', [1, 1]);
  const pads = list('pads', [0, 0, 0, 0]);
  const axis = (at: 0 | 1): Sliding => ({
    reach: ((kernel[at] ?? 1) - 1) * (dilations[at] ?? 1) + 1,
    stride: strides[at] ?? 1,
    before: pads[at] ?? 0,
  });
  return [axis(0), axis(1)];
}
