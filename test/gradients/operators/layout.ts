/** Operators that move numbers, cut and join them. */
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { randomTensor } from '../harness.ts';
import {
  mask,
  masked,
  polynomial,
  property,
  seed,
  shape,
  small,
  type Properties,
} from './property.ts';

const product = (numbers: readonly number[]) => numbers.reduce((a, b) => a * b, 1);

/** A shape, one of its axes, and sizes along that axis of parts that make up the whole. */
const divided = fc.record({
  dims: shape(1, 4),
  place: fc.nat(3),
  sizes: fc.array(small(3), { minLength: 1, maxLength: 4 }),
  seed,
});

export const layout: Properties = {
  Reshape: property(
    fc.record({ dims: shape(1, 4), cuts: fc.tuple(fc.nat(4), fc.nat(4)), open: fc.nat(4), seed }),
    ({ dims, cuts, open, seed }) => {
      // The axes between two cuts become one.
      const [from, to] = [Math.min(...cuts), Math.max(...cuts)];
      const whole = [...dims.slice(0, from), product(dims.slice(from, to)), ...dims.slice(to)];
      const target = whole.map((size, axis) => (axis === open ? -1 : size));
      return {
        inputs: { x: randomTensor(dims, { seed }) },
        build: (b, { x }) => b.op('Reshape', [x!, b.ints(target)]),
        oracle: ({ x }) => tf.reshape(x!, whole),
        ...polynomial,
      };
    },
  ),
  Expand: property(fc.record({ dims: shape(1, 4), from: mask, seed }), ({ dims, from, seed }) => ({
    inputs: { x: randomTensor(masked(dims, from), { seed }) },
    build: (b, { x }) => b.op('Expand', [x!, b.ints(dims)]),
    oracle: ({ x }) => tf.broadcastTo(x!, dims),
    ...polynomial,
  })),
  Transpose: property(
    fc.record({
      dims: shape(4, 4),
      perm: fc.integer({ min: 1, max: 4 }).chain((rank) => {
        const axes = Array.from({ length: rank }, (_, axis) => axis);
        return fc.shuffledSubarray(axes, { minLength: rank });
      }),
      seed,
    }),
    ({ dims, perm, seed }) => ({
      inputs: { x: randomTensor(dims.slice(0, perm.length), { seed }) },
      build: (b, { x }) => b.transpose(x!, perm),
      oracle: ({ x }) => tf.transpose(x!, perm),
      ...polynomial,
    }),
  ),
  Concat: property(divided, ({ dims, place, sizes, seed }) => {
    const axis = place % dims.length;
    const inputs = Object.fromEntries(
      sizes.map((size, index) => [
        `x${index}`,
        randomTensor(dims.with(axis, size), { seed: seed + index }),
      ]),
    );
    return {
      inputs,
      build: (b, values) => b.op('Concat', Object.values(values), { axis }),
      oracle: (values) => tf.concat(Object.values(values), axis),
      ...polynomial,
    };
  }),
  Split: property(
    fc.record({ divided, used: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }) }),
    ({ divided: { dims, place, sizes, seed }, used }) => {
      const axis = place % dims.length;
      const total = sizes.reduce((a, b) => a + b, 0);
      // Parts that nobody reads have no gradient; at least one is read. The last one comes first.
      const chosen = <T>(parts: readonly T[]): T[] =>
        parts.filter((_, index) => index === 0 || used[index]).toReversed();
      return {
        inputs: { x: randomTensor(dims.with(axis, total), { seed }) },
        build(b, { x }) {
          const parts = b.node('Split', [x!, b.ints(sizes)], { axis });
          return b.op('Concat', chosen(parts), { axis });
        },
        oracle({ x }) {
          const starts = sizes.map((_, index) => sizes.slice(0, index).reduce((a, b) => a + b, 0));
          const parts = starts.map((start, index) =>
            tf.slice(
              x!,
              dims.map((_, at) => (at === axis ? start : 0)),
              dims.with(axis, sizes[index]!),
            ),
          );
          const [first, ...rest] = chosen(parts);
          return rest.length === 0 ? tf.clone(first!) : tf.concat([first!, ...rest], axis);
        },
        ...polynomial,
      };
    },
  ),
  Slice: property(
    fc.record({
      cuts: fc.array(fc.tuple(small(4), fc.nat(3), fc.nat(3)), { minLength: 1, maxLength: 4 }),
      seed,
    }),
    ({ cuts, seed }) => {
      const dims = cuts.map(([size, before, after]) => size + before + after);
      const starts = cuts.map(([, before]) => before);
      const sizes = cuts.map(([size]) => size);
      const ends = cuts.map(([size, before]) => before + size);
      const axes = cuts.map((_, axis) => axis);
      return {
        inputs: { x: randomTensor(dims, { seed }) },
        build: (b, { x }) => b.op('Slice', [x!, b.ints(starts), b.ints(ends), b.ints(axes)]),
        oracle: ({ x }) => tf.slice(x!, starts, sizes),
        ...polynomial,
      };
    },
  ),
  Pad: property(
    fc.record({
      axes: fc.array(fc.tuple(small(3), fc.nat(2), fc.nat(2)), { minLength: 1, maxLength: 4 }),
      seed,
    }),
    ({ axes, seed }) => {
      const befores = axes.map(([, before]) => before);
      const afters = axes.map(([, , after]) => after);
      return {
        inputs: {
          x: randomTensor(
            axes.map(([size]) => size),
            { seed },
          ),
        },
        build: (b, { x }) => b.op('Pad', [x!, b.ints([...befores, ...afters])]),
        oracle: ({ x }) =>
          tf.pad(
            x!,
            axes.map(([, before, after]) => [before, after]),
          ),
        ...polynomial,
      };
    },
  ),
};
