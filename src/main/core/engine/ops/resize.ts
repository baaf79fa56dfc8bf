import type { GraphBuilder } from '../graph/builder.ts';
import { GraphError, constantInts, normalizeAxis, sizeAt } from '../graph/shape.ts';
import type { Value } from '../graph/types.ts';
import { intAttribute, intsAttribute, required } from './helpers.ts';
import type { OpDef } from './types.ts';

/** To fixed `sizes` along `axes`, without scales. */
export const resize: OpDef = {
  attributes: {
    mode: 'string',
    coordinate_transformation_mode: 'string',
    antialias: 'int',
    exclude_outside: 'int',
    axes: 'ints',
  },
  infer(inputs, attributes) {
    const { dtype, shape } = required(inputs, 0, 'Resize');
    const sizes = constantInts(inputs[3], 'Resize sizes');
    const axes = intsAttribute(attributes, 'axes', []);
    if (axes.length !== sizes.length) throw new GraphError('Resize: as many sizes as axes');
    const result = [...shape];
    for (const [index, axis] of axes.entries()) {
      result[normalizeAxis(axis, shape.length)] = sizes[index] ?? 1;
    }
    return [{ dtype, shape: result }];
  },
  /**
   * Linear interpolation between pixel centres is a matrix along each axis: backwards, its transpose.
   * Of the image's own axes only, which are the last two.
   */
  gradient({ b, node, input, output, grad }) {
    const { mode, coordinate_transformation_mode: places } = node.attributes;
    const axes = intsAttribute(node.attributes, 'axes', []).map((axis) => axis - 2);
    const plain = mode === 'linear' && places === 'half_pixel';
    const images = input(0).shape.length === 4 && axes.every((axis) => axis === 0 || axis === 1);
    if (!plain || !images || intAttribute(node.attributes, 'antialias', 0) !== 0) {
      throw new GraphError('Resize has a gradient for bilinear interpolation of images only');
    }
    const along = (axis: number) =>
      interpolation(b, sizeAt(input(0).shape, axis), sizeAt(output(0).shape, axis));
    const rows = axes.includes(0) ? b.op('MatMul', [b.transpose(along(2), [1, 0]), grad]) : grad;
    return [axes.includes(1) ? b.op('MatMul', [rows, along(3)]) : rows];
  },
};

/** float32 [to, from]: each output as a mean of the two inputs that its centre lies between. */
function interpolation(b: GraphBuilder, from: number, to: number): Value {
  const data = new Float32Array(to * from);
  for (let out = 0; out < to; out++) {
    const place = Math.min(Math.max(((out + 0.5) * from) / to - 0.5, 0), from - 1);
    const before = Math.floor(place);
    const after = Math.min(before + 1, from - 1);
    data[out * from + before]! += 1 - (place - before);
    data[out * from + after]! += place - before;
  }
  return b.tensor({ dtype: 'float32', dims: [to, from], data });
}
