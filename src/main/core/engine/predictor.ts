/** Answers of a compiled graph for many images. */
import { AppError } from '#shared/errors.ts';
import type { Program } from './backends/index.ts';
import { batches, inOrder } from './data/batches.ts';
import { openPixels } from './data/pixels.ts';
import type { CallOptions, TensorSet } from './protocol.ts';

export const DEFAULT_BATCH = 256;

/**
 * Runs `program` over the set and hands each batch's `output` (float32 [size, classes], valid until
 * the next) to `take`, in the set's order.
 */
export async function predictSet(
  program: Program,
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

/** Mean cross-entropy and accuracy of a program's `logits`, each image counted once. */
export async function score(
  program: Program,
  classes: number,
  set: TensorSet,
  options: CallOptions = {},
): Promise<Score> {
  let loss = 0;
  let correct = 0;
  await predictSet(
    program,
    'logits',
    set,
    (logits, _start, labels) => {
      for (const [index, label] of labels.entries()) {
        const row = logits.subarray(index * classes, (index + 1) * classes);
        loss += crossEntropy(row, label);
        if (indexOfLargest(row) === label) correct++;
      }
    },
    options,
  );
  const count = set.slots.length;
  return { loss: loss / count, accuracy: correct / count };
}

/** −log softmax(logits)[label], in double precision. */
function crossEntropy(logits: Float32Array, label: number): number {
  const largest = logits.reduce((most, value) => Math.max(most, value), -Infinity);
  const sum = logits.reduce((total, value) => total + Math.exp(value - largest), 0);
  return Math.log(sum) + largest - (logits[label] ?? NaN);
}

function indexOfLargest(row: Float32Array): number {
  let best = 0;
  for (let index = 1; index < row.length; index++) {
    if ((row[index] ?? 0) > (row[best] ?? 0)) best = index;
  }
  return best;
}
