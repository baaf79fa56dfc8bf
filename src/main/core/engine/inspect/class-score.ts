/** What speaks for a class: its logit, before softmax or sigmoid. */
import { AppError } from '#shared/errors.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import type { TensorData, Value } from '../graph/types.ts';
import type { ResolvedModel } from '../layers/resolve.ts';
import { outputsOf } from '../losses.ts';

/**
 * The sum over a batch of one class's logits. Which class is an input of the graph, `class_mask`
 * float32 [1, outputs], so that one program serves all.
 */
export function addClassScore(b: GraphBuilder, model: ResolvedModel, logits: Value): Value {
  const mask = b.input('class_mask', 'float32', [1, outputsOf(model.head, model.classes)]);
  return b.op('ReduceSum', [b.op('Mul', [logits, mask])], { keepdims: 0 });
}

/** A single sigmoid speaks for the second class, and so against the first. */
export function classMask({ head, classes }: ResolvedModel, index: number): TensorData {
  const outputs = outputsOf(head, classes);
  const data = new Float32Array(outputs);
  if (head === 'sigmoid') data[0] = index === 1 ? 1 : -1;
  else data[index] = 1;
  return { dtype: 'float32', dims: [1, outputs], data };
}

/** @throws AppError INVALID_INPUT */
export function checkClass({ classes }: ResolvedModel, index: number): void {
  if (index < classes) return;
  throw new AppError('INVALID_INPUT', `The model has ${classes} classes; there is no ${index}.`);
}
