/** The arithmetic of `optimizers.ts` with TensorFlow's operations. */
import type { Arithmetic } from '../../arithmetic.ts';
import type { Tensor, Tf } from './tf.ts';

export function tensorflowArithmetic(tf: Tf): Arithmetic<Tensor> {
  return {
    constant: (number) => tf.scalar(number),
    add: (left, right) => tf.add(left, right),
    sub: (left, right) => tf.sub(left, right),
    mul: (left, right) => tf.mul(left, right),
    div: (left, right) => tf.div(left, right),
    sqrt: (value) => tf.sqrt(value),
  };
}

/** g · min(1, limit / ‖g‖). */
export function clipped(tf: Tf, gradient: Tensor, limit: number | undefined): Tensor {
  if (limit === undefined) return gradient;
  const norm = tf.sqrt(tf.sum(tf.square(gradient)));
  return tf.mul(gradient, tf.div(limit, tf.maximum(norm, limit)));
}
