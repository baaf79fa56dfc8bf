/** Vectors as points of a plane, like ones near each other: UMAP (McInnes et al. 2018). */
import { UMAP } from 'umap-js';
import { breathe } from '../breathe.ts';
import { nearest } from '../nearest.ts';
import type { InferenceProgram } from '../predictor.ts';
import type { ArrangeSettings, CallOptions, Plane } from '../protocol.ts';
import { Random } from '../random.ts';

const SHOW_EVERY_MS = 400;

interface PlaneOptions extends Pick<CallOptions, 'signal'> {
  onStep?: ((plane: Plane) => void) | undefined;
}

/**
 * @param values vectors of `size` numbers, one after the other
 * @param open `buildProducts` of the nearest neighbours, compiled
 * @throws AppError CANCELLED
 */
export async function planeOf(
  values: Float32Array,
  size: number,
  { neighbors, minDist, seed }: ArrangeSettings,
  open: () => Promise<Pick<InferenceProgram, 'run'>>,
  { signal, onStep }: PlaneOptions,
): Promise<Plane> {
  const images = values.length / size;
  // UMAP counts an image among its own neighbours, and wants more images than neighbours.
  const count = Math.min(neighbors, images - 2);
  // A plane needs a few points: fewer lie on a line.
  if (count < 2) return { done: 1, total: 1, points: onLine(images) };
  const { indices, distances } = await nearest(await open(), values, size, count + 1, signal);
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
    onStep?.({ done, total, points: Float32Array.from(umap.getEmbedding().flat()) });
    shown = performance.now();
  }
  return { done: total, total, points: Float32Array.from(umap.getEmbedding().flat()) };
}

function onLine(images: number): Float32Array {
  return Float32Array.from({ length: images * 2 }, (_, at) => (at % 2 === 0 ? at / 2 : 0));
}
