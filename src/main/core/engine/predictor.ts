/** Answers of a compiled graph for many images. */
import { AppError } from '#shared/errors.ts';
import type { Tensors } from './backends/index.ts';
import { inOrder, type DataLoader } from './data/loader.ts';
import { rowsTensor } from './data/row-format.ts';
import type { TensorData } from './graph/types.ts';
import type { ResolvedModel } from './layers/resolve.ts';
import { outputsOf, scoreRow } from './losses.ts';
import type { CallOptions } from './protocol.ts';

/** The model as it answers: `image` in, `logits` and what else it was made to give out. */
export interface InferenceProgram {
  run(inputs: Tensors): Promise<Record<string, TensorData>>;
  dispose(): Promise<void>;
}

export const DEFAULT_BATCH = 256;

/**
 * Runs `program` over the loader’s set and hands each batch's `output` (float32 [size, classes], valid until
 * the next) to `take`, in the set's order.
 * @param options.epoch what images are drawn for, where they are varied
 */
export async function predictSet(
  program: Pick<InferenceProgram, 'run'>,
  output: string,
  images: DataLoader,
  take: (rows: Float32Array, start: number, size: number) => void,
  { signal, onProgress, epoch = 1 }: CallOptions & { epoch?: number } = {},
): Promise<void> {
  const total = images.set.slots.length;
  let done = 0;
  for await (const part of images.batches({ epoch, order: inOrder(total) })) {
    signal?.throwIfAborted();
    const { [output]: result } = await program.run({ image: rowsTensor(images.set, part.pixels) });
    if (!(result?.data instanceof Float32Array)) {
      throw new AppError('ENGINE_FAILED', `The model gave no ${output}.`);
    }
    take(result.data, done, part.size);
    done += part.size;
    onProgress?.({ done, total });
  }
}

export interface Score {
  loss: number;
  accuracy: number;
}

/** Mean loss and accuracy of a program's `logits`, each image counted once and alike. */
export async function scoreSet(
  program: Pick<InferenceProgram, 'run'>,
  { head, classes, labelSmoothing }: Pick<ResolvedModel, 'head' | 'classes' | 'labelSmoothing'>,
  images: DataLoader,
  options: CallOptions = {},
): Promise<Score> {
  const outputs = outputsOf(head, classes);
  const { labels } = images.set;
  let loss = 0;
  let correct = 0;
  await predictSet(
    program,
    'logits',
    images,
    (logits, start, size) => {
      for (const [index, label] of labels.subarray(start, start + size).entries()) {
        const row = logits.subarray(index * outputs, (index + 1) * outputs);
        const scored = scoreRow(head, row, label, labelSmoothing);
        loss += scored.loss;
        if (scored.correct) correct++;
      }
    },
    options,
  );
  const count = images.set.slots.length;
  return { loss: loss / count, accuracy: correct / count };
}
