/**
 * Dense layers whose gradient is never written down. It is xᵀ·dy, a product of what went into the
 * layer and the slope of what came out, with as few terms as the batch has images. Where the layer is
 * large and images are few, the update multiplies them itself, tile by tile, for the whole batch:
 * the gradients of all replicas would be written and read again, and take memory, for nothing.
 */
import { TILE_COLUMNS, TILE_ROWS } from '../../wasm/outer-product-loop.ts';
import type { ResolvedModel } from '../../layers/resolve.ts';
import { allLayers } from '../../layers/resolve.ts';
import type { ParameterLayout } from '../../programs/parameters.ts';

/** A kernel [inputs, units] in the vector of all trainable parameters. */
export interface FactoredKernel {
  fullName: string;
  inputs: number;
  units: number;
  offset: number;
}

/** Smaller ones stay in the cache. */
const LEAST_NUMBERS = 2 ** 18;
/** How many times as long as both factors the gradient must be. */
const LEAST_RATIO = 8;
/** With more, a product by the runtime is worth its memory: it has wider vectors. */
const MOST_IMAGES = 64;
/** The update goes over four numbers at a time. */
const LANES = 4;

/** @param clipped a norm needs all of the gradient first; so does a penalty on the weights */
export function factoredKernels(
  model: ResolvedModel,
  { trainable }: ParameterLayout,
  batch: number,
  clipped: boolean,
): FactoredKernel[] {
  if (clipped || batch > MOST_IMAGES) return [];
  const dense = new Set(
    allLayers(model.layers)
      .filter(({ spec }) => spec.type === 'dense')
      .map(({ name }) => `${name}/kernel`),
  );
  return trainable.entries.flatMap(({ fullName, shape, size, offset, l2 }) => {
    const [inputs = 0, units = 0] = shape;
    const fits =
      dense.has(fullName) &&
      !l2 &&
      size >= LEAST_NUMBERS &&
      size >= LEAST_RATIO * batch * (inputs + units) &&
      inputs % TILE_ROWS === 0 &&
      units % TILE_COLUMNS === 0 &&
      offset % LANES === 0;
    return fits ? [{ fullName, inputs, units, offset }] : [];
  });
}
