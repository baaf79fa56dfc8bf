/** Images as points of a plane, like ones near each other: UMAP (McInnes et al. 2018) of their features. */
import { UMAP } from 'umap-js';
import { argmax } from '#shared/metrics.ts';
import { buildProducts, nearest } from '../nearest.ts';
import { Random } from '../random.ts';
import { breathe } from '../breathe.ts';
import { readFeatures } from './features.ts';
import type { OpenedRun } from './opened-run.ts';
import type { Embedding, InspectOptions, InspectTasks } from './tasks.ts';

const SHOW_EVERY_MS = 400;

/** @throws AppError SOURCE_UNREADABLE, INVALID_INPUT, CANCELLED */
export async function embed(
  opened: OpenedRun,
  { set, neighbors, minDist, seed }: InspectTasks['embedding']['input'],
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
  const count = Math.min(neighbors, images - 1);
  // A plane needs a few points: fewer lie on a line.
  if (count < 2) return { ...answers, done: 1, total: 1, points: onLine(images) };
  const products = await opened.program('products', buildProducts);
  const { indices, distances } = await nearest(products, values, size, count + 1, signal);
  const random = new Random(seed, 'umap');
  const umap = new UMAP({
    nNeighbors: count + 1,
    minDist,
    nComponents: 2,
    random: () => random.uniform(),
  });
  umap.setPrecomputedKNN(indices, distances);
  // Only its length is looked at: the neighbours are known.
  const total = umap.initializeFit(indices);
  let shown = performance.now();
  for (let done = 1; done <= total; done++) {
    umap.step();
    await breathe(signal);
    if (done === total || performance.now() - shown < SHOW_EVERY_MS) continue;
    onStep?.({ ...answers, done, total, points: Float32Array.from(umap.getEmbedding().flat()) });
    shown = performance.now();
  }
  const points = Float32Array.from(umap.getEmbedding().flat());
  return { ...answers, done: total, total, points };
}

function onLine(images: number): Float32Array {
  return Float32Array.from({ length: images * 2 }, (_, at) => (at % 2 === 0 ? at / 2 : 0));
}
