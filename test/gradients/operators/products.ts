/** Matrix products. */
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

const sizes = fc.tuple(small(5), small(5), small(5));

export const products: Properties = {
  MatMul: property(
    fc.record({ stack: shape(0, 2, 3), left: mask, right: mask, sizes, seed }),
    ({ stack, left, right, sizes: [rows, inner, columns], seed }) => {
      const stacks = [masked(stack, left), masked(stack, right)];
      const shared = tf.backend_util.assertAndGetBroadcastShape(stacks[0]!, stacks[1]!);
      return {
        inputs: {
          l: randomTensor([...stacks[0]!, rows, inner], { seed }),
          r: randomTensor([...stacks[1]!, inner, columns], { seed: seed + 1 }),
        },
        build: (b, { l, r }) => b.op('MatMul', [l!, r!]),
        // TensorFlow.js has a gradient for equal stacks only.
        oracle({ l, r }) {
          const stacked = (x: tf.Tensor) => tf.broadcastTo(x, [...shared, ...x.shape.slice(-2)]);
          return tf.matMul(stacked(l!), stacked(r!));
        },
        ...polynomial,
      };
    },
  ),
  Gemm: property(
    fc.record({
      transA: fc.boolean(),
      transB: fc.boolean(),
      bias: fc.option(mask),
      sizes,
      seed,
    }),
    ({ transA, transB, bias, sizes: [rows, inner, columns], seed }) => ({
      inputs: {
        l: randomTensor(transA ? [inner, rows] : [rows, inner], { seed }),
        r: randomTensor(transB ? [columns, inner] : [inner, columns], { seed: seed + 1 }),
        ...(bias && { bias: randomTensor(masked([rows, columns], bias), { seed: seed + 2 }) }),
      },
      build: (b, { l, r, bias }) =>
        b.op('Gemm', [l!, r!, bias ?? null], {
          transA: Number(transA),
          transB: Number(transB),
        }),
      oracle({ l, r, bias }) {
        const product = tf.matMul(l!, r!, transA, transB);
        return bias ? tf.add(product, bias) : product;
      },
      ...polynomial,
    }),
  ),
};
