import type { GraphBuilder } from './graph/builder.ts';
import { dataTypes } from './graph/onnx-proto.ts';
import { sizeAt } from './graph/shape.ts';
import type { Value } from './graph/types.ts';

export interface Loss {
  /** Mean over the batch, []. */
  loss: Value;
  /** How many of the batch have their true class on top, float32 []. */
  correct: Value;
}

/**
 * Softmax cross-entropy against class indices, stable for any logits because log-softmax subtracts
 * the largest first.
 *
 * @param logits float32 [batch, classes]
 * @param labels int32 [batch]
 */
export function sparseCrossEntropy(b: GraphBuilder, logits: Value, labels: Value): Loss {
  const batch = sizeAt(logits.shape, 0);
  const classes = sizeAt(logits.shape, 1);
  const every = b.tensor({
    dtype: 'int32',
    dims: [1, classes],
    data: Int32Array.from({ length: classes }, (_, index) => index),
  });
  const isLabel = b.op('Equal', [b.reshape(labels, [batch, 1]), every]);
  const oneHot = b.op('Cast', [isLabel], { to: dataTypes.float32 });
  const logLikelihood = b.op('Mul', [oneHot, b.op('LogSoftmax', [logits], { axis: -1 })]);
  const total = b.op('ReduceSum', [logLikelihood], { keepdims: 0 });
  const loss = b.op('Mul', [total, b.scalar(-1 / batch)]);

  const top = b.op('ArgMax', [logits], { axis: -1, keepdims: 0 });
  const right = b.op('Equal', [top, b.op('Cast', [labels], { to: dataTypes.int64 })]);
  const counted = b.op('Cast', [right], { to: dataTypes.float32 });
  return { loss, correct: b.op('ReduceSum', [counted], { keepdims: 0 }) };
}
