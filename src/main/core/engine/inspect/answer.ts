/** What the model says of images, and how they are put to it. */
import { argmax } from '#shared/metrics.ts';
import { rowsTensor } from '../data/row-format.ts';
import type { TensorData } from '../graph/types.ts';
import type { ResolvedModel } from '../layers/resolve.ts';
import { buildInference } from '../programs/inference.ts';
import { checkClass } from './class-score.ts';
import { floats } from './floats.ts';
import type { OpenedRun } from './opened-run.ts';

/** uint8 rows, height × width × channels, as the programs take them. */
export function imageTensor({ input }: Pick<ResolvedModel, 'input'>, data: Uint8Array): TensorData {
  return rowsTensor(input, data);
}

/** Images × classes. */
export async function probabilitiesOf(opened: OpenedRun, data: Uint8Array): Promise<Float32Array> {
  const { model, parameters } = opened.run;
  const program = await opened.program('answer', () => buildInference(model, parameters));
  const results = await program.run({ image: imageTensor(model, data) });
  return floats(results['probabilities']);
}

export interface Asked {
  class: number;
  probability: number;
}

/**
 * The class that is to be explained: the wanted one, or what the model says.
 * @throws AppError INVALID_INPUT
 */
export async function askedClass(
  opened: OpenedRun,
  pixels: Uint8Array,
  wanted: number | undefined,
): Promise<Asked> {
  if (wanted !== undefined) checkClass(opened.run.model, wanted);
  const probabilities = await probabilitiesOf(opened, pixels);
  const index = wanted ?? argmax(probabilities);
  return { class: index, probability: probabilities[index] ?? 0 };
}
