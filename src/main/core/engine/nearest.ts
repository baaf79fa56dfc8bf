/** The nearest neighbours of each of many vectors, exactly, by products of matrices. */
import { breathe } from './breathe.ts';
import { floats } from './floats.ts';
import { GraphBuilder } from './graph/builder.ts';
import type { Graph } from './graph/types.ts';
import type { InferenceProgram } from './predictor.ts';

/** Vectors whose distances to all are computed together. */
const TOGETHER = 256;

export interface Neighbors {
  indices: number[][];
  distances: number[][];
}

/** part [rows, size] · all [size, count]. */
export function buildProducts(): Graph {
  const b = new GraphBuilder('products');
  const part = b.input('part', 'float32', ['rows', 'size']);
  const all = b.input('all', 'float32', ['size', 'count']);
  b.output('products', b.op('MatMul', [part, all]));
  return b.finish();
}

/**
 * Each vector's `count` nearest by Euclidean distance, itself first.
 * @param products `buildProducts`, compiled
 * @param values vectors of `size` numbers, one after the other
 * @throws AppError CANCELLED
 */
export async function nearest(
  products: Pick<InferenceProgram, 'run'>,
  values: Float32Array,
  size: number,
  count: number,
  signal: AbortSignal | undefined,
): Promise<Neighbors> {
  const vectors = values.length / size;
  const all = { dtype: 'float32', dims: [size, vectors], data: transposed(values, size) } as const;
  const squares = Float64Array.from({ length: vectors }, (_, index) =>
    values.subarray(index * size, (index + 1) * size).reduce((sum, each) => sum + each * each, 0),
  );
  const indices: number[][] = [];
  const distances: number[][] = [];
  const squared = new Float64Array(vectors);
  for (let start = 0; start < vectors; start += TOGETHER) {
    const data = values.subarray(start * size, (start + TOGETHER) * size);
    const rows = data.length / size;
    const results = await products.run({
      part: { dtype: 'float32', dims: [rows, size], data },
      all,
    });
    const answers = floats(results['products']);
    for (let row = 0; row < rows; row++) {
      const own = start + row;
      const from = row * vectors;
      for (let other = 0; other < vectors; other++) {
        squared[other] = squares[other]! + squares[own]! - 2 * answers[from + other]!;
      }
      // Itself first, whatever rounding leaves of the zero.
      squared[own] = -1;
      const order = smallest(squared, count);
      indices.push(order);
      distances.push(order.map((other) => Math.sqrt(Math.max(0, squared[other]!))));
    }
    await breathe(signal);
  }
  return { indices, distances };
}

function transposed(values: Float32Array, size: number): Float32Array {
  const count = values.length / size;
  const turned = new Float32Array(values.length);
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < size; column++) {
      turned[column * count + row] = values[row * size + column]!;
    }
  }
  return turned;
}

/** Indices of the `count` smallest, the smallest first. */
function smallest(values: Float64Array, count: number): number[] {
  const kept: number[] = [];
  let bound = Infinity;
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (value >= bound) continue;
    const rank = kept.findIndex((other) => value < values[other]!);
    kept.splice(rank < 0 ? kept.length : rank, 0, index);
    if (kept.length > count) kept.pop();
    if (kept.length === count) bound = values[kept[count - 1]!]!;
  }
  return kept;
}
