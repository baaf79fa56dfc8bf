import { GraphError, constantInts, normalizeAxis } from '../graph/shape.ts';
import { intsAttribute, required } from './helpers.ts';
import type { OpDef } from './types.ts';

/** To fixed `sizes` along `axes`; used in front of a model, where nothing is trained. */
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
  gradient: null,
};
