/** The nearest neighbours of each of many vectors, exactly, by products of matrices. */
import { breathe } from './breathe.ts';
import { floats, transposed } from './floats.ts';
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
      const found = smallest(squares, answers.subarray(row * vectors), own, count);
      indices.push(found.map(([other]) => other));
      distances.push(found.map(([, squared]) => Math.sqrt(Math.max(0, squared))));
    }
    await breathe(signal);
  }
  return { indices, distances };
}

/** The vectors nearest to `own` with their squared distances, the nearest first. */
function smallest(
  squares: Float64Array,
  products: Float32Array,
  own: number,
  count: number,
): [number, number][] {
  // Itself first, whatever rounding leaves of the zero.
  const kept: [number, number][] = [[own, -1]];
  const base = squares[own]!;
  let bound = count > 1 ? Infinity : -1;
  for (let other = 0; other < squares.length; other++) {
    const squared = base + squares[other]! - 2 * products[other]!;
    if (squared >= bound || other === own) continue;
    const rank = kept.findIndex(([, kept]) => squared < kept);
    kept.splice(rank < 0 ? kept.length : Math.max(1, rank), 0, [other, squared]);
    if (kept.length > count) kept.pop();
    if (kept.length === count) bound = kept[count - 1]![1];
  }
  return kept;
}
