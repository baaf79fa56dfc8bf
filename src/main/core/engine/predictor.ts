/** Answers of a compiled graph for many images. */
import { AppError } from '#shared/errors.ts';
import type { Tensors } from './backends/index.ts';
import { batches, inOrder } from './data/batches.ts';
import { openPixels } from './data/pixels.ts';
import type { TensorData } from './graph/types.ts';
import type { ResolvedModel } from './layers/resolve.ts';
import { outputsOf, scoreRow } from './losses.ts';
import type { CallOptions, TensorSet } from './protocol.ts';

/** The model as it answers: `image` in, `logits` and what else it was made to give out. */
export interface InferenceProgram {
  run(inputs: Tensors): Promise<Record<string, TensorData>>;
  dispose(): Promise<void>;
}

export const DEFAULT_BATCH = 256;

/**
 * Runs `program` over the set and hands each batch's `output` (float32 [size, classes], valid until
 * the next) to `take`, in the set's order.
 */
export async function predictSet(
  program: Pick<InferenceProgram, 'run'>,
  output: string,
  set: TensorSet,
  take: (rows: Float32Array, start: number, labels: Int32Array) => void,
  { signal, onProgress, batch = DEFAULT_BATCH }: CallOptions & { batch?: number } = {},
): Promise<void> {
  const total = set.slots.length;
  const source = await openPixels(set);
  try {
    let done = 0;
    for await (const part of batches(set, source, inOrder(total), Math.min(batch, total))) {
      signal?.throwIfAborted();
      const { [output]: result } = await program.run({
        image: {
          dtype: 'uint8',
          dims: [part.size, set.height, set.width, set.channels],
          data: part.pixels,
        },
      });
      if (!(result?.data instanceof Float32Array)) {
        throw new AppError('ENGINE_FAILED', `The model gave no ${output}.`);
      }
      take(result.data, done, part.labels);
      done += part.size;
      onProgress?.({ done, total });
    }
  } finally {
    await source.close();
  }
}

export interface Score {
  loss: number;
  accuracy: number;
}

/** Mean loss and accuracy of a program's `logits`, each image counted once and alike. */
export async function score(
  program: Pick<InferenceProgram, 'run'>,
  { head, classes, labelSmoothing }: Pick<ResolvedModel, 'head' | 'classes' | 'labelSmoothing'>,
  set: TensorSet,
  options: CallOptions = {},
): Promise<Score> {
  const outputs = outputsOf(head, classes);
  let loss = 0;
  let correct = 0;
  await predictSet(
    program,
    'logits',
    set,
    (logits, _start, labels) => {
      for (const [index, label] of labels.entries()) {
        const row = logits.subarray(index * outputs, (index + 1) * outputs);
        const scored = scoreRow(head, row, label, labelSmoothing);
        loss += scored.loss;
        if (scored.correct) correct++;
      }
    },
    options,
  );
  const count = set.slots.length;
  return { loss: loss / count, accuracy: correct / count };
}
