/**
 * What a model's logits mean (its head): their loss in the training graph, the same loss on the host
 * for validation, and the class probabilities that they stand for. All from logits, so that nothing
 * overflows and no logarithm sees a zero.
 *
 *   softmax   one logit a class, cross-entropy
 *   sigmoid   one logit for two classes: the probability of the second; binary cross-entropy
 *   sigmoids  one logit a class, each a yes or no of its own; the mean of their binary
 *             cross-entropies against the one-hot label
 */
import type { ModelSpec } from '#shared/model-spec.ts';
import type { GraphBuilder } from './graph/builder.ts';
import { dataTypes } from './graph/onnx-proto.ts';
import { GraphError, sizeAt } from './graph/shape.ts';
import type { Value } from './graph/types.ts';

/** Below any probability that matters; keeps the logarithm of zero away. */
export const TINY = 1e-30;

export type Head = 'softmax' | 'sigmoid' | 'sigmoids';

export interface LossOptions {
  /** Share of the target that goes to all classes alike, as in Keras; 0 unless said. */
  labelSmoothing?: number;
  /** Models side by side in the logits, [batch, members · classes]; 1 unless said. */
  members?: number | undefined;
  /** Images that the mean is over, where others have the rest of them; this batch unless said. */
  wholeBatch?: number | undefined;
  /** How much an image of each class counts. The sum is still divided by the batch, as in Keras. */
  classWeights?: readonly number[] | undefined;
}

export interface Loss {
  /** Mean over the batch, []. */
  loss: Value;
  /** How many of the batch have their true class (the one of the largest share) on top, float32 []. */
  correct: Value;
}

/**
 * @param logits float32 [batch, classes], for 'sigmoid' [batch, 1]; several members learn each by
 *   itself, and the loss is their mean
 * @param shares float32 [batch, classes], how much of each class is in each image; rows sum to 1
 */
export function buildLoss(
  b: GraphBuilder,
  head: Head,
  logits: Value,
  shares: Value,
  { wholeBatch, members = 1, ...options }: LossOptions = {},
): Loss {
  const batch = sizeAt(logits.shape, 0);
  if (members === 1) return lossOf(b, head, logits, shares, { ...options, wholeBatch });
  const classes = sizeAt(shares.shape, 1);
  const alone = b.reshape(logits, [batch * members, classes]);
  const alike = b.op('Expand', [b.reshape(shares, [batch, 1, classes]), b.ints([1, members, 1])]);
  const whole = (wholeBatch ?? batch) * members;
  const { loss } = lossOf(b, head, alone, b.reshape(alike, [batch * members, classes]), {
    ...options,
    wholeBatch: whole,
  });
  const joint = joinMembers(b, logits, members);
  return { loss, correct: countRight(b, topIsRight(b, joint, shares)) };
}

/**
 * [N, members · classes] → [N, classes]: logits whose softmax is the mean of the members' softmaxes.
 */
export function joinMembers(b: GraphBuilder, logits: Value, members: number): Value {
  if (members === 1) return logits;
  const classes = sizeAt(logits.shape, 1) / members;
  const each = b.op('Softmax', [b.reshape(logits, [0, members, classes])], { axis: -1 });
  const mean = b.op('ReduceMean', [each, b.ints([1])], { keepdims: 0 });
  return b.op('Log', [b.op('Add', [mean, b.scalar(TINY)])]);
}

function lossOf(
  b: GraphBuilder,
  head: Head,
  logits: Value,
  shares: Value,
  { wholeBatch, labelSmoothing = 0, classWeights }: LossOptions,
): Loss {
  const batch = sizeAt(logits.shape, 0);
  const images = wholeBatch ?? batch;
  const outputs = sizeAt(logits.shape, 1);
  const wanted = head === 'sigmoid' ? ofSecond(b, shares) : shares;
  const targets = smoothed(b, wanted, labelSmoothing, head === 'softmax' ? outputs : 2);
  const each = head === 'softmax' ? logLikelihood(b, logits, targets) : signed(b, logits, targets);
  const weighted = classWeights ? b.op('Mul', [each, imageWeights(b, shares, classWeights)]) : each;
  const total = b.op('ReduceSum', [weighted], { keepdims: 0 });
  const count = head === 'softmax' ? images : images * outputs;
  const loss = b.op('Mul', [total, b.scalar(-1 / count)]);

  const right = head === 'sigmoid' ? sideIsRight(b, logits, wanted) : topIsRight(b, logits, shares);
  return { loss, correct: countRight(b, right) };
}

function countRight(b: GraphBuilder, right: Value): Value {
  const counted = b.op('Cast', [right], { to: dataTypes.float32 });
  return b.op('ReduceSum', [counted], { keepdims: 0 });
}

/** The share of the second of two classes, [batch, 1]. */
function ofSecond(b: GraphBuilder, shares: Value): Value {
  return b.op('Slice', [shares, b.ints([1]), b.ints([2]), b.ints([1])]);
}

function smoothed(b: GraphBuilder, shares: Value, smoothing: number, among: number): Value {
  if (smoothing === 0) return shares;
  const kept = b.op('Mul', [shares, b.scalar(1 - smoothing)]);
  return b.op('Add', [kept, b.scalar(smoothing / among)]);
}

/** log-softmax subtracts the largest logit first. */
function logLikelihood(b: GraphBuilder, logits: Value, targets: Value): Value {
  return b.op('Mul', [targets, b.op('LogSoftmax', [logits], { axis: -1 })]);
}

/** t log σ(z) + (1 − t) log(1 − σ(z)) = t z − softplus(z). */
function signed(b: GraphBuilder, logits: Value, targets: Value): Value {
  return b.op('Sub', [b.op('Mul', [targets, logits]), b.op('Softplus', [logits])]);
}

/** Each class's weight by its share, [batch, 1]. */
function imageWeights(b: GraphBuilder, shares: Value, weights: readonly number[]): Value {
  const column = b.tensor({
    dtype: 'float32',
    dims: [weights.length, 1],
    data: Float32Array.from(weights),
  });
  return b.op('MatMul', [shares, column]);
}

function topIsRight(b: GraphBuilder, logits: Value, shares: Value): Value {
  const [top, wanted] = [logits, shares].map((rows) =>
    b.op('ArgMax', [rows], { axis: -1, keepdims: 0 }),
  );
  if (!top || !wanted) throw new GraphError('nothing to compare');
  return b.op('Equal', [top, wanted]);
}

/** Whether a logit and the share of the second class are for the same one. */
function sideIsRight(b: GraphBuilder, logits: Value, second: Value): Value {
  const isSecond = (value: Value, above: number) =>
    b.op('Cast', [b.op('Greater', [value, b.scalar(above)])], { to: dataTypes.float32 });
  return b.op('Equal', [isSecond(logits, 0), isSecond(second, 0.5)]);
}

/**
 * Class probabilities that sum to 1, float32 [batch, classes]. N sigmoids do not sum to 1 by
 * themselves: they are divided by their sum, which keeps their order. It is computed as the softmax
 * of their logarithms, which has no 0 / 0 where every sigmoid says no.
 */
export function buildProbabilities(b: GraphBuilder, head: Head, logits: Value): Value {
  switch (head) {
    case 'softmax':
      return b.op('Softmax', [logits], { axis: -1 });
    case 'sigmoid': {
      const both = b.op('Concat', [b.op('Neg', [logits]), logits], { axis: 1 });
      return b.op('Sigmoid', [both]);
    }
    case 'sigmoids': {
      const logs = b.op('Neg', [b.op('Softplus', [b.op('Neg', [logits])])]);
      return b.op('Softmax', [logs], { axis: -1 });
    }
  }
}

/** How many logits a head has. */
export function outputsOf(head: Head, classes: number): number {
  return head === 'sigmoid' ? 1 : classes;
}

/** One image's loss and whether its true class is on top, in double precision, not weighted. */
export function scoreRow(
  head: Head,
  logits: Float32Array,
  label: number,
  labelSmoothing = 0,
): { loss: number; correct: boolean } {
  if (head === 'softmax') {
    const top = indexOfLargest(logits);
    const largest = at(logits, top);
    const sum = logits.reduce((total, value) => total + Math.exp(value - largest), 0);
    const mean = logits.reduce((total, value) => total + value, 0) / logits.length;
    const aimed = (1 - labelSmoothing) * at(logits, label) + labelSmoothing * mean;
    return { loss: Math.log(sum) + largest - aimed, correct: top === label };
  }
  let loss = 0;
  for (const [index, logit] of logits.entries()) {
    const hot = (head === 'sigmoid' ? label === 1 : label === index) ? 1 : 0;
    const target = hot * (1 - labelSmoothing) + labelSmoothing / 2;
    loss += Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit))) - target * logit;
  }
  const top = head === 'sigmoid' ? Number(at(logits, 0) > 0) : indexOfLargest(logits);
  return { loss: loss / logits.length, correct: top === label };
}

function at(row: Float32Array, index: number): number {
  return row[index] ?? NaN;
}

function indexOfLargest(row: Float32Array): number {
  let best = 0;
  for (let index = 1; index < row.length; index++) if (at(row, index) > at(row, best)) best = index;
  return best;
}

/**
 * Weights for each class of a spec that asks for them. 'balanced' makes all classes count alike:
 * images / (classes · images of the class).
 */
export function classWeightsOf(
  wanted: 'balanced' | readonly number[] | undefined,
  labels: Int32Array,
  classes: number,
): readonly number[] | undefined {
  if (wanted !== 'balanced') return wanted;
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts.map((count) => (count > 0 ? labels.length / (classes * count) : 1));
}

/** Class weights that the spec itself names; 'balanced' ones come from the data. */
export function givenWeights({ name, classWeights }: ModelSpec): readonly number[] | undefined {
  if (classWeights === 'balanced') throw new RangeError(`${name} needs its balanced weights`);
  return classWeights;
}

/** g · min(1, limit / ‖g‖) over all parameters together. */
export function clipByNorm(b: GraphBuilder, gradient: Value, limit: number): Value {
  if (gradient.shape.length !== 1) throw new GraphError('the gradient must be one flat vector');
  const squares = b.op('ReduceSum', [b.op('Mul', [gradient, gradient])], { keepdims: 0 });
  const norm = b.op('Max', [b.op('Sqrt', [squares]), b.scalar(limit)]);
  return b.op('Mul', [gradient, b.op('Div', [b.scalar(limit), norm])]);
}
