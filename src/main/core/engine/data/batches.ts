import type { TensorSet } from '../protocol.ts';
import type { PixelSource } from './pixels.ts';

/** One batch in buffers that are reused two batches later. */
export interface Batch {
  size: number;
  /** size × row bytes. */
  pixels: Uint8Array;
  labels: Int32Array;
}

/**
 * The set's images in `order`, `batch` at a time; the last batch may be smaller, no image is left
 * out. The next batch is being read while the caller works on this one.
 */
export async function* batches(
  set: TensorSet,
  source: PixelSource,
  order: Uint32Array,
  batch: number,
): AsyncGenerator<Batch> {
  const buffers = [0, 1].map(() => ({
    pixels: new Uint8Array(batch * source.rowBytes),
    labels: new Int32Array(batch),
  }));
  const prepare = async (start: number, turn: number): Promise<Batch> => {
    const buffer = buffers[turn % 2];
    if (!buffer) throw new RangeError('no buffer');
    const positions = order.subarray(start, start + batch);
    const size = positions.length;
    const pixels = buffer.pixels.subarray(0, size * source.rowBytes);
    const labels = buffer.labels.subarray(0, size);
    for (const [index, position] of positions.entries()) labels[index] = set.labels[position] ?? -1;
    await source.gather(positions, pixels);
    return { size, pixels, labels };
  };
  let next = order.length > 0 ? prepare(0, 0) : undefined;
  for (let start = 0, turn = 1; next; start += batch, turn++) {
    const current: Batch = await next;
    const following = start + batch;
    next = following < order.length ? prepare(following, turn) : undefined;
    // Read again when it is this one's turn; here it only must not be an unhandled rejection.
    next?.catch(() => undefined);
    yield current;
  }
}

export function inOrder(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, index) => index);
}
