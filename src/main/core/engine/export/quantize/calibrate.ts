/** What numbers the values of a graph take on real images: the ranges that integers have to cover. */
import { AppError } from '#shared/errors.ts';
import { createBackend } from '../../backends/index.ts';
import { chooseBackend, defaultThreads } from '../../backends/status.ts';
import { inOrder, openLoader } from '../../data/loader.ts';
import type { Graph } from '../../graph/types.ts';
import type { CallOptions, TensorSet } from '../../protocol.ts';

export interface Range {
  low: number;
  high: number;
}

/** By the value's name. */
export type Ranges = ReadonlyMap<string, Range>;

/** All values of a batch are in memory at once. */
const BATCH = 8;

/**
 * Runs the graph on all images of the set and answers the smallest and largest number of each float
 * value that a node makes.
 * @throws AppError NOT_ENOUGH_DATA without images
 */
export async function calibrate(
  graph: Graph,
  set: TensorSet | null,
  { signal, onProgress }: CallOptions,
): Promise<Ranges> {
  if (!set || set.slots.length === 0) {
    throw new AppError('NOT_ENOUGH_DATA', 'There are no images to choose the integers by.', {
      hint: 'Label some images, or export with float numbers.',
    });
  }
  const values = graph.nodes
    .flatMap(({ outputs }) => outputs)
    .filter(({ dtype }) => dtype === 'float32');
  const outputs = new Map(values.map((value) => [value.name, value]));
  const threads = defaultThreads();
  const program = await createBackend(chooseBackend('cpu', threads), threads).compile({
    ...graph,
    outputs,
  });
  const loader = await openLoader(set, { batch: BATCH, memoryBudget: 0, threads: 0 });
  const ranges = new Map<string, Range>();
  const { height, width, channels } = set;
  const total = set.slots.length;
  let done = 0;
  try {
    for await (const { size, pixels } of loader.batches({ epoch: 1, order: inOrder(total) })) {
      signal?.throwIfAborted();
      const image = {
        dtype: 'uint8' as const,
        dims: [size, height, width, channels],
        data: pixels,
      };
      const found = await program.run({ image });
      for (const [name, { data }] of Object.entries(found)) {
        ranges.set(name, widened(ranges.get(name), data as Float32Array));
      }
      done += size;
      onProgress?.({ done, total });
    }
  } finally {
    await loader.close();
    await program.dispose();
  }
  return ranges;
}

function widened(known: Range | undefined, data: Float32Array): Range {
  let { low, high } = known ?? { low: Infinity, high: -Infinity };
  for (const value of data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}
