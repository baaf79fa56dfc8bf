import type { LossOptions, Head } from '../../losses.ts';
import type { Tensor, Tf } from './tf.ts';

/**
 * Mean loss over the batch from logits, as `losses.ts` has it.
 *
 * @param logits [batch, outputs]
 * @param labels int32 [batch]
 */
export function lossOf(
  tf: Tf,
  head: Head,
  logits: Tensor,
  labels: Tensor,
  { labelSmoothing = 0, classWeights }: LossOptions,
): Tensor {
  const [batch = 1, outputs = 1] = logits.shape;
  const hot =
    head === 'sigmoid'
      ? tf.cast(tf.reshape(labels, [batch, 1]), 'float32')
      : tf.cast(tf.oneHot(labels, outputs), 'float32');
  const among = head === 'softmax' ? outputs : 2;
  const targets = tf.add(tf.mul(hot, 1 - labelSmoothing), labelSmoothing / among);
  const each =
    head === 'softmax'
      ? tf.mul(targets, tf.logSoftmax(logits))
      : tf.sub(tf.mul(targets, logits), tf.softplus(logits));
  const weighted = classWeights
    ? tf.mul(each, tf.reshape(tf.gather(tf.tensor1d([...classWeights]), labels), [batch, 1]))
    : each;
  return tf.mul(tf.sum(weighted), -1 / (head === 'softmax' ? batch : batch * outputs));
}

/** How many of the batch have their true class on top. */
export function correctOf(tf: Tf, head: Head, logits: Tensor, labels: Tensor): Tensor {
  const chosen =
    head === 'sigmoid'
      ? tf.cast(tf.greater(tf.reshape(logits, [-1]), 0), 'int32')
      : tf.argMax(logits, 1);
  return tf.sum(tf.cast(tf.equal(chosen, labels), 'float32'));
}
