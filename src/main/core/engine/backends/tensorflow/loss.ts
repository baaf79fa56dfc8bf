import { TINY, type LossOptions, type Head } from '../../losses.ts';
import type { Tensor, Tf } from './tf.ts';

/**
 * Mean loss over the batch from logits, as `losses.ts` has it.
 *
 * @param logits [batch, outputs], of several members one after the other
 * @param shares [batch, classes], how much of each class is in each image
 */
export function lossOf(
  tf: Tf,
  head: Head,
  logits: Tensor,
  shares: Tensor,
  { members = 1, ...options }: LossOptions,
): Tensor {
  if (members === 1) return lossOfOne(tf, head, logits, shares, options);
  const classes = shares.shape[1] ?? 1;
  const alike = tf.tile(tf.expandDims(shares, 1), [1, members, 1]);
  const rows = [-1, classes];
  return lossOfOne(tf, head, tf.reshape(logits, rows), tf.reshape(alike, rows), options);
}

/** The mean of the members' probabilities, as logits. */
export function joinMembers(tf: Tf, logits: Tensor, members: number): Tensor {
  if (members === 1) return logits;
  const each = tf.softmax(tf.reshape(logits, [logits.shape[0], members, -1]));
  return tf.log(tf.add(tf.mean(each, 1), TINY));
}

function lossOfOne(
  tf: Tf,
  head: Head,
  logits: Tensor,
  shares: Tensor,
  { labelSmoothing = 0, classWeights }: LossOptions,
): Tensor {
  const [batch = 1, outputs = 1] = logits.shape;
  const wanted = head === 'sigmoid' ? ofSecond(tf, shares) : shares;
  const among = head === 'softmax' ? outputs : 2;
  const targets = tf.add(tf.mul(wanted, 1 - labelSmoothing), labelSmoothing / among);
  const each =
    head === 'softmax'
      ? tf.mul(targets, tf.logSoftmax(logits))
      : tf.sub(tf.mul(targets, logits), tf.softplus(logits));
  const weighted = classWeights
    ? tf.mul(each, tf.matMul(shares, tf.tensor2d([...classWeights], [classWeights.length, 1])))
    : each;
  return tf.mul(tf.sum(weighted), -1 / (head === 'softmax' ? batch : batch * outputs));
}

/** How many of the batch have their class of the largest share on top. */
export function correctOf(tf: Tf, head: Head, logits: Tensor, shares: Tensor): Tensor {
  const right =
    head === 'sigmoid'
      ? tf.equal(tf.greater(logits, 0), tf.greater(ofSecond(tf, shares), 0.5))
      : tf.equal(tf.argMax(logits, 1), tf.argMax(shares, 1));
  return tf.sum(tf.cast(right, 'float32'));
}

/** The share of the second of two classes, [batch, 1]. */
function ofSecond(tf: Tf, shares: Tensor): Tensor {
  return tf.slice(shares, [0, 1], [-1, 1]);
}
