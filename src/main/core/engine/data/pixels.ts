import { open, readFile, stat, type FileHandle } from 'node:fs/promises';
import { AppError } from '#shared/errors.ts';
import type { TensorSet } from '../protocol.ts';

/** Packs up to this size are held in memory; larger ones are read row by row. */
const MEMORY_BUDGET = 1024 ** 3;

/** Rows of uint8 pixels by position in a set. */
export interface PixelSource {
  readonly rowBytes: number;
  /** Copies the rows of `positions` (indices into the set's slots), one after the other. */
  gather(positions: ArrayLike<number>, into: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Opens a set's pixels. Throws SOURCE_UNREADABLE if the pack is missing or shorter than it must be. */
export async function openPixels(
  set: TensorSet,
  memoryBudget = MEMORY_BUDGET,
): Promise<PixelSource> {
  const rowBytes = set.height * set.width * set.channels;
  const rows = set.slots.reduce((most, slot) => Math.max(most, slot + 1), 0);
  if (set.source.kind === 'inline') {
    const { data } = set.source;
    checkLength('The images', data.byteLength, rows * rowBytes);
    return inMemory(set.slots, rowBytes, data);
  }
  const { file } = set.source;
  try {
    const { size } = await stat(file);
    checkLength(file, size, rows * rowBytes);
    if (size <= memoryBudget) return inMemory(set.slots, rowBytes, await readFile(file));
    return onDisk(set.slots, rowBytes, await open(file, 'r'), file);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('SOURCE_UNREADABLE', `The prepared images in ${file} cannot be read.`, {
      subject: file,
      hint: 'Delete the project’s cache folder and try again: it is made anew.',
      cause: error,
    });
  }
}

function checkLength(what: string, found: number, needed: number): void {
  if (found >= needed) return;
  throw new AppError(
    'SOURCE_UNREADABLE',
    `${what}: ${found} bytes of prepared images, but ${needed} are needed.`,
    { subject: what, hint: 'Delete the project’s cache folder and try again: it is made anew.' },
  );
}

function inMemory(slots: Uint32Array, rowBytes: number, data: Uint8Array): PixelSource {
  return {
    rowBytes,
    gather(positions, into) {
      for (let index = 0; index < positions.length; index++) {
        const start = (slots[positions[index] ?? 0] ?? 0) * rowBytes;
        into.set(data.subarray(start, start + rowBytes), index * rowBytes);
      }
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

function onDisk(
  slots: Uint32Array,
  rowBytes: number,
  handle: FileHandle,
  file: string,
): PixelSource {
  return {
    rowBytes,
    async gather(positions, into) {
      const reads = Array.from(positions, async (position, index) => {
        const start = (slots[position] ?? 0) * rowBytes;
        const { bytesRead } = await handle.read(into, index * rowBytes, rowBytes, start);
        if (bytesRead !== rowBytes) checkLength(file, bytesRead, rowBytes);
      });
      await Promise.all(reads);
    },
    close: () => handle.close(),
  };
}
