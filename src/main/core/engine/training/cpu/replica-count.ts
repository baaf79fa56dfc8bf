import type { ParameterLayout } from '../../programs/parameters.ts';

/** With fewer images, products become too narrow for a core to run at speed. */
const LEAST_IMAGES = 4;
/** Each replica has a gradient of its own; all of them together may take so much memory. */
const MOST_GRADIENT_BYTES = 1024 ** 3;

/**
 * How many replicas share a batch, of how many threads each. A rule and no measurement: how a batch
 * is divided decides how its sums round, and the same seed must give the same weights.
 */
export function replicaCount(
  threads: number,
  batch: number,
  { trainable, statistics }: ParameterLayout,
): { replicas: number; threadsEach: number } {
  // Batch normalisation takes means over the whole batch.
  if (statistics.size > 0) return { replicas: 1, threadsEach: threads };
  const gradientBytes = Math.max(1, trainable.size * Float32Array.BYTES_PER_ELEMENT);
  const replicas = Math.max(
    1,
    Math.min(
      threads,
      Math.floor(batch / LEAST_IMAGES),
      Math.floor(MOST_GRADIENT_BYTES / gradientBytes),
    ),
  );
  return { replicas, threadsEach: Math.max(1, Math.floor(threads / replicas)) };
}
