/** Operators that take numbers one by one, or two by two with broadcasting. */
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { dataTypes } from '#core/engine/graph/onnx-proto.ts';
import type { OpName } from '#core/engine/graph/op-names.ts';
import { distinctTensor, randomTensor } from '../harness.ts';
import {
  mask,
  masked,
  polynomial,
  property,
  seed,
  shape,
  straight,
  truths,
  type Properties,
  type Property,
} from './property.ts';

type Range = Parameters<typeof randomTensor>[1];

const one = fc.record({ dims: shape(0, 4), seed });

function unary(
  op: OpName,
  range: Range,
  oracle: (x: tf.Tensor) => tf.Tensor,
  differences = {},
): Property {
  return property(one, ({ dims, seed }) => ({
    inputs: { x: randomTensor(dims, { ...range, seed }) },
    build: (b, { x }) => b.op(op, [x!]),
    oracle: ({ x }) => oracle(x!),
    ...differences,
  }));
}

function withAlpha(op: OpName, range: Range, oracle: (x: tf.Tensor, alpha: number) => tf.Tensor) {
  const settings = fc.record({ dims: shape(1, 4), seed, alpha: fc.constantFrom(0.1, 0.3, 1, 1.3) });
  return property(settings, ({ dims, seed, alpha }) => ({
    inputs: { x: randomTensor(dims, { ...range, seed }) },
    build: (b, { x }) => b.op(op, [x!], { alpha }),
    oracle: ({ x }) => oracle(x!, alpha),
  }));
}

const two = fc.record({ dims: shape(1, 4), left: mask, right: mask, seed });

function binary(
  op: OpName,
  range: Range,
  oracle: (l: tf.Tensor, r: tf.Tensor) => tf.Tensor,
  differences = {},
): Property {
  return property(two, ({ dims, left, right, seed }) => ({
    inputs: {
      l: randomTensor(masked(dims, left), { ...range, seed }),
      r: randomTensor(masked(dims, right), { ...range, seed: seed + 1 }),
    },
    build: (b, { l, r }) => b.op(op, [l!, r!]),
    oracle: ({ l, r }) => oracle(l!, r!),
    ...differences,
  }));
}

const any: Range = { scale: 1.5 };
const away: Range = { away: 0.2, scale: 1.5 };
const positive: Range = { positive: true, away: 1, scale: 3 };

/** Numbers below, between and above two bounds, none within 0.2 of them. */
function aroundBounds(dims: readonly number[], low: number, high: number, seed: number) {
  const where = randomTensor(dims, { seed: seed + 1, positive: true }).data as Float32Array;
  const tensor = randomTensor(dims, { seed, positive: true });
  const places = tensor.data as Float32Array;
  const data = places.map((place, index) => {
    const region = where[index] ?? 0;
    if (region < 0.3) return low - 0.2 - place;
    return region < 0.6 ? high + 0.2 + place : low + 0.2 + place * (high - low - 0.4);
  });
  return { ...tensor, data };
}

export const elementwise: Properties = {
  Neg: unary('Neg', any, (x) => tf.neg(x), polynomial),
  Identity: unary('Identity', any, (x) => tf.clone(x), polynomial),
  Exp: unary('Exp', any, (x) => tf.exp(x)),
  Erf: unary('Erf', any, (x) => tf.erf(x)),
  Sigmoid: unary('Sigmoid', { scale: 4 }, (x) => tf.sigmoid(x)),
  Tanh: unary('Tanh', { scale: 2 }, (x) => tf.tanh(x)),
  Softplus: unary('Softplus', { scale: 6 }, (x) => tf.softplus(x)),
  Log: unary('Log', positive, (x) => tf.log(x)),
  Sqrt: unary('Sqrt', positive, (x) => tf.sqrt(x)),
  Reciprocal: unary('Reciprocal', positive, (x) => tf.reciprocal(x)),
  Relu: property(
    one,
    ({ dims, seed }) => ({
      inputs: { x: randomTensor(dims, { ...away, seed }) },
      build: (b, { x }) => b.op('Relu', [x!]),
      oracle: ({ x }) => tf.relu(x!),
      ...straight,
    }),
    { lowerings: { cast: { relu: 'cast' }, sign: { relu: 'sign' }, where: { relu: 'where' } } },
  ),
  LeakyRelu: withAlpha('LeakyRelu', away, (x, alpha) => tf.leakyRelu(x, alpha)),
  Elu: withAlpha('Elu', away, (x, alpha) =>
    tf.add(tf.relu(x), tf.mul(alpha, tf.sub(tf.exp(tf.minimum(x, 0)), 1))),
  ),
  Clip: property(
    fc.record({ dims: shape(1, 4), seed, low: fc.nat(3), width: fc.nat(5) }),
    ({ dims, seed, low, width }) => {
      const [least, most] = [low - 2, low - 1 + width];
      return {
        inputs: { x: aroundBounds(dims, least, most, seed) },
        build: (b, { x }) => b.op('Clip', [x!, b.scalar(least), b.scalar(most)]),
        oracle: ({ x }) => tf.clipByValue(x!, least, most),
        ...straight,
      };
    },
  ),
  Cast: property(one, ({ dims, seed }) => ({
    inputs: { x: randomTensor(dims, { seed }) },
    build: (b, { x }) => b.op('Cast', [x!], { to: dataTypes.float32 }),
    oracle: ({ x }) => tf.cast(x!, 'float32'),
    ...polynomial,
  })),
  Add: binary('Add', any, (l, r) => tf.add(l, r), polynomial),
  Sub: binary('Sub', any, (l, r) => tf.sub(l, r), polynomial),
  Mul: binary('Mul', any, (l, r) => tf.mul(l, r), polynomial),
  Div: binary('Div', { away: 1, scale: 2 }, (l, r) => tf.div(l, r)),
  Pow: binary('Pow', { positive: true, away: 0.5, scale: 2 }, (l, r) => tf.pow(l, r)),
  Max: property(two, ({ dims, left, right, seed }) => {
    // Even numbers and odd ones: none are equal.
    const numbers = (dims: number[], seed: number, odd: number) => {
      const tensor = distinctTensor(dims, { gap: 2, seed });
      const data = tensor.data as Float32Array;
      return { ...tensor, data: data.map((value) => value + ((data.length + odd) % 2)) };
    };
    const l = numbers(masked(dims, left), seed, 0);
    const r = numbers(masked(dims, right), seed + 1, 1);
    return {
      inputs: { l, r },
      build: (b, { l, r }) => b.op('Max', [l!, r!]),
      // TensorFlow.js has a gradient for equal shapes only.
      oracle: ({ l, r }) => tf.maximum(tf.add(l!, tf.zerosLike(r!)), tf.add(r!, tf.zerosLike(l!))),
      ...polynomial,
    };
  }),
  Where: property(
    fc.record({ dims: shape(1, 4), condition: mask, left: mask, right: mask, seed }),
    ({ dims, condition, left, right, seed }) => ({
      inputs: {
        c: truths(masked(dims, condition), seed + 2),
        l: randomTensor(masked(dims, left), { seed }),
        r: randomTensor(masked(dims, right), { seed: seed + 1 }),
      },
      wrt: ['l', 'r'],
      build: (b, { c, l, r }) => b.op('Where', [c!, l!, r!]),
      oracle({ c, l, r }) {
        const yes = tf.cast(c!, 'float32');
        return tf.add(tf.mul(yes, l!), tf.mul(tf.sub(1, yes), r!));
      },
      ...polynomial,
    }),
  ),
};
