/** Rows of numbers that were computed before, as points of a plane. */
import { open } from 'node:fs/promises';
import type { Backend } from '../backends/index.ts';
import { buildProducts } from '../nearest.ts';
import type { ArrangeJob, CallOptions, Plane, TensorSet } from '../protocol.ts';
import { planeOf } from './plane.ts';

/** @throws AppError CANCELLED, and what is wrong with the file of the rows */
export async function arrange(
  { set, ...settings }: ArrangeJob,
  backend: Backend,
  options: CallOptions & { onStep: (plane: Plane) => void },
): Promise<Plane> {
  const program = await backend.compile(buildProducts());
  try {
    const values = await rowsOf(set);
    return await planeOf(values, set.width, settings, () => Promise.resolve(program), options);
  } finally {
    await program.dispose();
  }
}

async function rowsOf({ source, slots, width, values }: TensorSet): Promise<Float32Array> {
  if (source.kind !== 'pack' || values !== 'float32') throw new TypeError('rows lie in a pack');
  const rows = new Float32Array(slots.length * width);
  const bytes = new Uint8Array(rows.buffer);
  const rowBytes = width * Float32Array.BYTES_PER_ELEMENT;
  const handle = await open(source.file, 'r');
  try {
    for (const [row, slot] of slots.entries()) {
      await handle.read(bytes, row * rowBytes, rowBytes, slot * rowBytes);
    }
  } finally {
    await handle.close();
  }
  return rows;
}
