import type { Activation } from '#shared/model-spec.ts';
import type { Tensor, Tf } from './tf.ts';

/** clip(x + 3, 0, 6) / 6 */
function hardSigmoid(tf: Tf, x: Tensor): Tensor {
  return tf.div(tf.relu6(tf.add(x, 3)), 6);
}

/** Keras' names and numbers, as in `layers/activations.ts`; channels are the last axis here. */
const activations: Record<Activation, (tf: Tf, x: Tensor) => Tensor> = {
  linear: (_tf, x) => x,
  relu: (tf, x) => tf.relu(x),
  relu6: (tf, x) => tf.relu6(x),
  leaky_relu: (tf, x) => tf.leakyRelu(x, 0.2),
  elu: (tf, x) => tf.elu(x),
  gelu: (tf, x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
  silu: (tf, x) => tf.mul(x, tf.sigmoid(x)),
  hard_sigmoid: hardSigmoid,
  hard_swish: (tf, x) => tf.mul(x, hardSigmoid(tf, x)),
  sigmoid: (tf, x) => tf.sigmoid(x),
  tanh: (tf, x) => tf.tanh(x),
  softmax: (tf, x) => tf.softmax(x),
};

export function activate(tf: Tf, activation: Activation, x: Tensor): Tensor {
  return activations[activation](tf, x);
}
