/** Operators that move numbers without changing them: Reshape, Expand, Transpose. */
import {
  GraphError,
  broadcast,
  concrete,
  constantInts,
  formatShape,
  measure,
  multiple,
} from '../graph/shape.ts';
import type { Dim, Shape } from '../graph/types.ts';
import { intsAttribute, required, unbroadcast } from './helpers.ts';
import type { OpDef } from './types.ts';

/** ONNX: 0 copies the input's dimension, one −1 is worked out. */
function reshaped(from: Shape, target: readonly number[]): Dim[] {
  const shape = target.map((dim, axis): Dim => {
    if (dim !== 0) return dim;
    const copied = from[axis];
    if (copied === undefined)
      throw new GraphError(`Reshape copies axis ${axis} of ${formatShape(from)}`);
    return copied;
  });
  const fail = () => new GraphError(`Reshape of ${formatShape(from)} to [${target.join(', ')}]`);
  const whole = measure(from);
  const open = shape.indexOf(-1);
  const rest = measure(shape.filter((_, axis) => axis !== open));
  if (open < 0) {
    if (whole.count !== rest.count || whole.names.join() !== rest.names.join()) throw fail();
    return shape;
  }
  for (const name of rest.names) {
    const place = whole.names.indexOf(name);
    if (place < 0) throw fail();
    whole.names.splice(place, 1);
  }
  const times = rest.count === 0 ? 0 : whole.count / rest.count;
  const [name, ...more] = whole.names;
  if (!Number.isInteger(times) || more.length > 0) throw fail();
  shape[open] = name === undefined ? times : multiple(times, name);
  return shape;
}

export const reshape: OpDef = {
  attributes: {},
  infer(inputs) {
    const { dtype, shape } = required(inputs, 0, 'Reshape');
    return [{ dtype, shape: reshaped(shape, constantInts(inputs[1], 'Reshape shape')) }];
  },
  gradient: ({ b, input, grad }) => [b.reshape(grad, concrete(input(0).shape)), null],
};

export const expand: OpDef = {
  attributes: {},
  infer(inputs) {
    const { dtype, shape } = required(inputs, 0, 'Expand');
    return [{ dtype, shape: broadcast(shape, constantInts(inputs[1], 'Expand shape')) }];
  },
  gradient: ({ b, input, grad }) => [unbroadcast(b, grad, input(0).shape), null],
};

export const transpose: OpDef = {
  attributes: { perm: 'ints' },
  infer(inputs, attributes) {
    const { dtype, shape } = required(inputs, 0, 'Transpose');
    const perm = intsAttribute(attributes, 'perm', []);
    const sorted = [...perm].sort((a, b) => a - b);
    if (perm.length !== shape.length || sorted.some((axis, index) => axis !== index)) {
      throw new GraphError(`Transpose of ${formatShape(shape)} by [${perm.join(', ')}]`);
    }
    return [{ dtype, shape: perm.map((axis) => shape[axis] ?? 1) }];
  },
  gradient({ b, node, grad }) {
    const perm = intsAttribute(node.attributes, 'perm', []);
    return [
      b.transpose(
        grad,
        perm.map((_, axis) => perm.indexOf(axis)),
      ),
    ];
  },
};
