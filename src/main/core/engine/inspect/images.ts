import { AppError } from '#shared/errors.ts';
import { checkSize } from '../data/check-size.ts';
import { inOrder } from '../data/loader.ts';
import { createProducer } from '../data/producer.ts';
import { openRows } from '../data/rows.ts';
import type { ResolvedModel } from '../layers/resolve.ts';
import type { TensorSet } from '../protocol.ts';

/**
 * The first `count` images of a set, one after the other.
 * @throws AppError INVALID_INPUT for images of another size than the model's, SOURCE_UNREADABLE
 */
export async function readPixels(
  set: TensorSet,
  { input }: Pick<ResolvedModel, 'input'>,
  count: number,
): Promise<Uint8Array> {
  checkSize(set, input);
  if (set.slots.length < count) throw new AppError('INVALID_INPUT', 'There is no image.');
  const first = { ...set, slots: set.slots.subarray(0, count) };
  const rows = await openRows(first, 0);
  const producer = createProducer(rows);
  try {
    const pixels = new Uint8Array(count * rows.rowBytes);
    producer.fill(pixels, { epoch: 1, step: 0, positions: inOrder(count) });
    return pixels;
  } finally {
    producer.close();
  }
}
