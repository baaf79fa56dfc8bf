/** The nearest neighbours of each of many vectors, exactly, by products of matrices. */
import { GraphBuilder } from '../graph/builder.ts';
import type { Graph } from '../graph/types.ts';
import { breathe } from './breathe.ts';
import { floats } from './floats.ts';
import type { OpenedRun } from './opened-run.ts';

/** Vectors whose distances to all are computed together. */
const TOGETHER = 256;

/** part [rows, size] · all [count, size]ᵀ. */
function buildProducts(): Graph {
  const b = new GraphBuilder('products');
  const part = b.input('part', 'float32', ['rows', 'size']);
  const all = b.input('all', 'float32', ['count', 'size']);
  b.output('products', b.op('MatMul', [part, b.transpose(all, [1, 0])]));
  return b.finish();
}

/**
 * Each vector's `count` nearest by Euclidean distance, itself first.
 * @param values vectors of `size` numbers, one after the other
 * @throws AppError CANCELLED
 */
export async function nearest(
  opened: OpenedRun,
  values: Float32Array,
  size: number,
  count: number,
  signal: AbortSignal | undefined,
): Promise<{ indices: number[][]; distances: number[][] }> {
  const vectors = values.length / size;
  const program = await opened.program('products', buildProducts);
  const all = { dtype: 'float32', dims: [vectors, size], data: values } as const;
  const squares = Float64Array.from({ length: vectors }, (_, index) =>
    values.subarray(index * size, (index + 1) * size).reduce((sum, each) => sum + each * each, 0),
  );
  const indices: number[][] = [];
  const distances: number[][] = [];
  for (let start = 0; start < vectors; start += TOGETHER) {
    const data = values.subarray(start * size, (start + TOGETHER) * size);
    const rows = data.length / size;
    const results = await program.run({
      part: { dtype: 'float32', dims: [rows, size], data },
      all,
    });
    const products = floats(results['products']);
    for (let row = 0; row < rows; row++) {
      const own = start + row;
      const squared = Float64Array.from(squares, (square, other) =>
        // Itself first, whatever rounding leaves of the zero.
        other === own ? -1 : square + squares[own]! - 2 * products[row * vectors + other]!,
      );
      const order = smallest(squared, count);
      indices.push(order);
      distances.push(order.map((other) => Math.sqrt(Math.max(0, squared[other]!))));
    }
    await breathe(signal);
  }
  return { indices, distances };
}

/** Indices of the `count` smallest, the smallest first. */
function smallest(values: Float64Array, count: number): number[] {
  const kept: number[] = [];
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (kept.length === count && value >= values[kept.at(-1)!]!) continue;
    const rank = kept.findIndex((other) => value < values[other]!);
    kept.splice(rank < 0 ? kept.length : rank, 0, index);
    if (kept.length > count) kept.pop();
  }
  return kept;
}
