/** Batch normalisation as it trains: with the batch's own mean and variance. */
import type { GraphBuilder } from '../graph/builder.ts';
import { sizeAt } from '../graph/shape.ts';
import type { Value } from '../graph/types.ts';

export interface BatchNormalized {
  output: Value;
  /** Of each channel, [channels]; the variance is biased: divided by the count. */
  mean: Value;
  variance: Value;
}

/**
 * y = γ (x − μ) / √(σ² + ε) + β, per channel.
 * @param x [N, C, …]
 * @param gamma [C]; null: 1
 * @param beta [C]; null: 0
 */
export function normalizeByBatch(
  b: GraphBuilder,
  x: Value,
  { gamma, beta, epsilon }: { gamma: Value | null; beta: Value | null; epsilon: number },
): BatchNormalized {
  const channels = sizeAt(x.shape, 1);
  const axes = b.ints(x.shape.map((_, axis) => axis).filter((axis) => axis !== 1));
  const perChannel = x.shape.map((_, axis) => (axis === 1 ? channels : 1));
  const mean = b.op('ReduceMean', [x, axes], { keepdims: 1 });
  const centred = b.op('Sub', [x, mean]);
  const variance = b.op('ReduceMean', [b.op('Mul', [centred, centred]), axes], { keepdims: 1 });
  const deviation = b.op('Sqrt', [b.op('Add', [variance, b.scalar(epsilon)])]);
  // Scale first, on a handful of numbers: one product over the big tensor instead of two.
  const scale = gamma
    ? b.op('Div', [b.reshape(gamma, perChannel), deviation])
    : b.op('Reciprocal', [deviation]);
  // Made before the product, which can then add it on its way (`engine/blocked`).
  const shift = beta ? b.reshape(beta, perChannel) : null;
  const normalized = b.op('Mul', [centred, scale]);
  const output = shift ? b.op('Add', [normalized, shift]) : normalized;
  return { output, mean: b.reshape(mean, [channels]), variance: b.reshape(variance, [channels]) };
}

/** A moving average that keeps the share `momentum` of what it was. */
export function blend(b: GraphBuilder, before: Value, now: Value, momentum: number): Value {
  return b.op('Add', [
    b.op('Mul', [before, b.scalar(momentum)]),
    b.op('Mul', [now, b.scalar(1 - momentum)]),
  ]);
}
