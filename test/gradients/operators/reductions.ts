/** Operators that make one number of many, and normalisations that need such numbers. */
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import type { OpName } from '#core/engine/graph/op-names.ts';
import { distinctTensor, randomTensor } from '../harness.ts';
import { polynomial, property, seed, shape, small, type Properties } from './property.ts';

const reduced = fc.record({
  dims: shape(1, 4),
  which: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  negative: fc.boolean(),
  keepdims: fc.boolean(),
  seed,
});

type Oracle = (x: tf.Tensor, axes: number[], keep: boolean) => tf.Tensor;

function reduction(op: OpName, oracle: Oracle, tensor = randomTensor) {
  return property(reduced, ({ dims, which, negative, keepdims, seed }) => {
    const axes = dims.map((_, axis) => axis).filter((axis) => axis === 0 || which[axis]);
    const named = axes.map((axis) => (negative ? axis - dims.length : axis));
    return {
      inputs: { x: tensor(dims, { seed }) },
      build: (b, { x }) => b.op(op, [x!, b.ints(named)], { keepdims: Number(keepdims) }),
      oracle: ({ x }) => oracle(x!, axes, keepdims),
      ...polynomial,
    };
  });
}

/** Whole numbers, all different. */
const whole: typeof randomTensor = (dims, options) => distinctTensor(dims, { ...options, gap: 1 });

function softmax(op: OpName, oracle: (x: tf.Tensor, axis: number) => tf.Tensor) {
  const settings = fc.record({ dims: shape(1, 4, 6), place: fc.nat(3), seed });
  return property(settings, ({ dims, place, seed }) => {
    const axis = place % dims.length;
    return {
      inputs: { x: randomTensor(dims, { seed, scale: 2 }) },
      build: (b, { x }) => b.op(op, [x!], { axis: axis - dims.length }),
      oracle: ({ x }) => oracle(x!, axis),
    };
  });
}

export const reductions: Properties = {
  ReduceSum: reduction('ReduceSum', (x, axes, keep) => tf.sum(x, axes, keep)),
  ReduceMean: reduction('ReduceMean', (x, axes, keep) => tf.mean(x, axes, keep)),
  ReduceMax: reduction('ReduceMax', (x, axes, keep) => tf.max(x, axes, keep), whole),
  Softmax: softmax('Softmax', (x, axis) => tf.div(tf.exp(x), tf.sum(tf.exp(x), axis, true))),
  LogSoftmax: softmax('LogSoftmax', (x, axis) => tf.sub(x, tf.logSumExp(x, axis, true))),
  GlobalAveragePool: property(fc.record({ dims: shape(4, 4, 6), seed }), ({ dims, seed }) => ({
    inputs: { x: randomTensor(dims, { seed }) },
    build: (b, { x }) => b.op('GlobalAveragePool', [x!]),
    oracle: ({ x }) => tf.mean(x!, [2, 3], true),
    ...polynomial,
  })),
  BatchNormalization: property(
    fc.record({
      dims: fc.oneof(shape(4, 4), shape(2, 2, 6)),
      epsilon: fc.constantFrom(1e-5, 1e-3, 0.1),
      power: small(3, -3),
      seed,
    }),
    ({ dims, epsilon, power, seed }) => {
      const channels = [dims[1] ?? 1];
      const tensor = (next: number, range = {}) =>
        randomTensor(channels, { seed: seed + next, ...range });
      const variance = { positive: true, away: 2 ** power / 2, scale: 2 ** power };
      const beside = dims.map((_, axis) => (axis === 1 ? -1 : 1));
      return {
        inputs: {
          x: randomTensor(dims, { seed }),
          scale: tensor(1),
          bias: tensor(2),
          mean: tensor(3),
          variance: tensor(4, variance),
        },
        wrt: ['x', 'scale', 'bias'],
        build: (b, { x, scale, bias, mean, variance }) =>
          b.op('BatchNormalization', [x!, scale!, bias!, mean!, variance!], { epsilon }),
        oracle({ x, scale, bias, mean, variance }) {
          const channel = (of: tf.Tensor) => tf.reshape(of, beside);
          const deviation = tf.sqrt(tf.add(channel(variance!), epsilon));
          const normal = tf.div(tf.sub(x!, channel(mean!)), deviation);
          return tf.add(tf.mul(normal, channel(scale!)), channel(bias!));
        },
        ...polynomial,
      };
    },
  ),
};
