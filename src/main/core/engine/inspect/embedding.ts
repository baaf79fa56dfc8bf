/** Images as points of a plane by their features, with what the model says of them. */
import { argmax } from '#shared/metrics.ts';
import { buildProducts } from '../nearest.ts';
import { readFeatures } from './features.ts';
import type { OpenedRun } from './opened-run.ts';
import { planeOf } from './plane.ts';
import type { Embedding, InspectOptions, InspectTasks } from './tasks.ts';

/** @throws AppError SOURCE_UNREADABLE, INVALID_INPUT, CANCELLED */
export async function embed(
  opened: OpenedRun,
  { set, ...settings }: InspectTasks['embedding']['input'],
  options: InspectOptions<'embedding'>,
): Promise<Embedding> {
  const { signal, onStep } = options;
  const { classes } = opened.run.model;
  const { values, size, probabilities } = await readFeatures(opened, set, options);
  const images = set.slots.length;
  const predicted = new Int32Array(images);
  const confidence = new Float32Array(images);
  for (let image = 0; image < images; image++) {
    predicted[image] = argmax(probabilities, image * classes, classes);
    confidence[image] = probabilities[image * classes + predicted[image]!]!;
  }
  const answers = { predicted, confidence };
  const plane = await planeOf(
    values,
    size,
    settings,
    () => opened.program('products', buildProducts),
    { signal, onStep: (step) => onStep?.({ ...answers, ...step }) },
  );
  return { ...answers, ...plane };
}
