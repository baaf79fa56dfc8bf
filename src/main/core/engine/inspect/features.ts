/** What a model makes of images just before it decides: the input of its last layer with weights. */
import { inOrder, openLoader } from '../data/loader.ts';
import { checkSize } from '../data/check-size.ts';
import { buildFeatures } from '../programs/features.ts';
import type { CallOptions, TensorSet } from '../protocol.ts';
import { imageTensor } from './answer.ts';
import { breathe } from '../breathe.ts';
import { floats, joined } from '../floats.ts';
import type { OpenedRun } from './opened-run.ts';

const TOGETHER = 32;

export interface Features {
  /** Images × size. */
  values: Float32Array;
  size: number;
  /** Images × classes. */
  probabilities: Float32Array;
}

/** @throws AppError SOURCE_UNREADABLE, INVALID_INPUT, CANCELLED */
export async function readFeatures(
  opened: OpenedRun,
  set: TensorSet,
  { signal, onProgress }: CallOptions,
): Promise<Features> {
  const { run } = opened;
  checkSize(set, run.model.input);
  const program = await opened.program('features', () => buildFeatures(run.model, run.parameters));
  const total = set.slots.length;
  const loader = await openLoader(set, { batch: TOGETHER, memoryBudget: 0, threads: 0 });
  const parts: Float32Array[] = [];
  const answers: Float32Array[] = [];
  let done = 0;
  try {
    for await (const part of loader.batches({ epoch: 1, order: inOrder(total) })) {
      const results = await program.run({ image: imageTensor(run.model, part.pixels) });
      parts.push(floats(results['features']));
      answers.push(floats(results['probabilities']));
      done += part.size;
      onProgress?.({ done, total });
      await breathe(signal);
    }
  } finally {
    await loader.close();
  }
  const values = joined(parts);
  return { values, size: values.length / total, probabilities: joined(answers) };
}
