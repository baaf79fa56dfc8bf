/** The directions in which vectors differ most, by subspace iteration (Halko et al., SIAM Review 2011). */
import { Matrix, QrDecomposition } from 'ml-matrix';
import type { InferenceProgram } from '../../predictor.ts';
import { floats, transposed } from '../../floats.ts';
import { Random } from '../../random.ts';

/** The space turns towards the axes with each; that it spans them matters, not which is which. */
const ITERATIONS = 6;

export interface Axes {
  /** Of the vectors, one number for each of their places. */
  mean: Float32Array;
  /** [size, count], orthonormal columns. */
  axes: Float32Array;
  count: number;
}

export type Products = Pick<InferenceProgram, 'run'>;

/**
 * @param products `buildProducts`, compiled
 * @param values vectors of `size` numbers, one after the other
 * @param most axes at most; there are no more than numbers or vectors
 */
export async function principalAxes(
  products: Products,
  values: Float32Array,
  size: number,
  most: number,
): Promise<Axes> {
  const vectors = values.length / size;
  const count = Math.min(most, size, vectors);
  const mean = new Float32Array(size);
  for (const [at, value] of values.entries()) mean[at % size]! += value / vectors;
  const centred = values.map((value, at) => value - mean[at % size]!);
  const turned = transposed(centred, size);
  const random = new Random(0, 'axes');
  let axes = orthonormal(
    Float32Array.from({ length: size * count }, () => random.uniform() - 0.5),
    size,
    count,
  );
  for (let pass = 0; pass < ITERATIONS; pass++) {
    const along = await product(products, centred, axes, size);
    axes = orthonormal(await product(products, turned, along, vectors), size, count);
  }
  return { mean, axes, count };
}

/**
 * Vectors along the axes, from the mean, each of length 1.
 * @param values vectors of the axes' size, one after the other
 * @returns vectors × axes.count
 */
export async function alongAxes(
  products: Products,
  values: Float32Array,
  { mean, axes, count }: Axes,
): Promise<Float32Array> {
  const size = mean.length;
  const centred = values.map((value, at) => value - mean[at % size]!);
  const placed = await product(products, centred, axes, size);
  for (let start = 0; start < placed.length; start += count) {
    const vector = placed.subarray(start, start + count);
    const length = Math.hypot(...vector);
    if (length > 0) for (const [at, value] of vector.entries()) vector[at] = value / length;
  }
  return placed;
}

/** [rows, inner] · [inner, columns], row by row. */
async function product(
  products: Products,
  left: Float32Array,
  right: Float32Array,
  inner: number,
): Promise<Float32Array> {
  const results = await products.run({
    part: { dtype: 'float32', dims: [left.length / inner, inner], data: left },
    all: { dtype: 'float32', dims: [inner, right.length / inner], data: right },
  });
  return floats(results['products']).slice();
}

function orthonormal(values: Float32Array, rows: number, columns: number): Float32Array {
  const { orthogonalMatrix } = new QrDecomposition(Matrix.from1DArray(rows, columns, values));
  return Float32Array.from(orthogonalMatrix.to1DArray());
}
