/** The updates of `optimizers.ts` with TensorFlow's operations, over the same flat vectors. */
import type { OptimizerSpec } from '#shared/model-spec.ts';
import type { Tensor, Tf } from './tf.ts';

export interface TfUpdate {
  weights: Tensor;
  slots: Tensor[];
}

/** @param scalars what `Optimizer.scalarsAt` gave for this step */
export function update(
  tf: Tf,
  spec: OptimizerSpec,
  weights: Tensor,
  gradient: Tensor,
  slots: readonly Tensor[],
  scalars: readonly number[],
): TfUpdate {
  const [rate = 0, keep = 1] = scalars;
  const slot = (index: number): Tensor => {
    const found = slots[index];
    if (!found) throw new RangeError(`optimizer slot ${index} is missing`);
    return found;
  };
  switch (spec.type) {
    case 'sgd': {
      const { momentum = 0, nesterov = false } = spec;
      const step = tf.mul(gradient, rate);
      if (momentum === 0) return { weights: tf.sub(weights, step), slots: [] };
      const velocity = tf.sub(tf.mul(slot(0), momentum), step);
      const move = nesterov ? tf.sub(tf.mul(velocity, momentum), step) : velocity;
      return { weights: tf.add(weights, move), slots: [velocity] };
    }
    case 'rmsprop': {
      const { rho = 0.9, epsilon = 1e-7 } = spec;
      const velocity = tf.add(tf.mul(slot(0), rho), tf.mul(tf.square(gradient), 1 - rho));
      const step = tf.mul(tf.div(gradient, tf.sqrt(tf.add(velocity, epsilon))), rate);
      return { weights: tf.sub(weights, step), slots: [velocity] };
    }
    case 'adam':
    case 'adamw': {
      const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = spec;
      const moment1 = tf.add(tf.mul(slot(0), beta1), gradient);
      const moment2 = tf.add(tf.mul(slot(1), beta2), tf.square(gradient));
      const scale = tf.add(tf.sqrt(moment2), epsilon / Math.sqrt(1 - beta2));
      const step = tf.mul(tf.div(moment1, scale), rate);
      return { weights: tf.sub(tf.mul(weights, keep), step), slots: [moment1, moment2] };
    }
  }
}

/** g · min(1, limit / ‖g‖). */
export function clipped(tf: Tf, gradient: Tensor, limit: number | undefined): Tensor {
  if (limit === undefined) return gradient;
  const norm = tf.sqrt(tf.sum(tf.square(gradient)));
  return tf.mul(gradient, tf.div(limit, tf.maximum(norm, limit)));
}
