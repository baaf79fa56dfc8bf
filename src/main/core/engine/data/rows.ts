import { open, stat, type FileHandle } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { AppError } from '#shared/errors.ts';
import type { TensorSet } from '../protocol.ts';
import { checkLength, unreadablePack } from './errors.ts';
import type { Rows } from './producer.ts';
import { rowBytes as bytesOf } from './row-format.ts';

/** Bytes read from a pack at once. */
const WINDOW_BYTES = 4 * 1024 ** 2;
/** A gap between wanted rows that is not worth reading over. */
const GAP_BYTES = 64 * 1024;

/** A quarter of the memory that this process may use: images of a set are held up to there. */
export function defaultImageMemory(): number {
  const limit = process.constrainedMemory();
  // Zero or absurdly large where there is no limit.
  const memory = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return Math.floor(memory / 4);
}

/**
 * Where a set's pixels lie: in memory if the rows that it needs are at most `memoryBudget` bytes, else
 * in the pack, from which each batch reads its own.
 *
 * Throws SOURCE_UNREADABLE if the pack is missing or shorter than it must be.
 */
export async function openRows(set: TensorSet, memoryBudget: number): Promise<Rows> {
  const rowBytes = bytesOf(set);
  const rows = set.slots.reduce((most, slot) => Math.max(most, slot + 1), 0);
  const { source, slots } = set;
  if (source.kind === 'inline') {
    checkLength('The images', source.data.byteLength, rows * rowBytes);
    return { kind: 'memory', rowBytes, slots, data: source.data };
  }
  const { file } = source;
  try {
    checkLength(file, (await stat(file)).size, rows * rowBytes);
    const wanted = slots.toSorted().filter((slot, at, all) => slot !== all[at - 1]);
    if (wanted.length * rowBytes > memoryBudget) return { kind: 'file', rowBytes, slots, file };
    const handle = await open(file, 'r');
    try {
      const data = await readRows(handle, wanted, rowBytes);
      const ranks = new Map(Array.from(wanted, (slot, rank) => [slot, rank]));
      return { kind: 'memory', rowBytes, slots: slots.map((slot) => ranks.get(slot) ?? 0), data };
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw error instanceof AppError ? error : unreadablePack(file, error);
  }
}

/** The rows of `wanted`, ascending, one after the other in memory that threads can share. */
async function readRows(
  handle: FileHandle,
  wanted: Uint32Array,
  rowBytes: number,
): Promise<Uint8Array> {
  const data = new Uint8Array(new SharedArrayBuffer(wanted.length * rowBytes));
  const most = Math.max(1, Math.floor(WINDOW_BYTES / rowBytes));
  const gap = 1 + Math.floor(GAP_BYTES / rowBytes);
  const window = new Uint8Array(most * rowBytes);
  for (let first = 0; first < wanted.length;) {
    const start = wanted[first] ?? 0;
    let last = first;
    for (let next = first + 1; next < wanted.length; next++) {
      const slot = wanted[next] ?? 0;
      if (slot - start >= most || slot - (wanted[last] ?? 0) > gap) break;
      last = next;
    }
    const bytes = ((wanted[last] ?? 0) - start + 1) * rowBytes;
    await readAll(handle, window.subarray(0, bytes), start * rowBytes);
    for (let at = first; at <= last; at++) {
      const from = ((wanted[at] ?? 0) - start) * rowBytes;
      data.set(window.subarray(from, from + rowBytes), at * rowBytes);
    }
    first = last + 1;
  }
  return data;
}

async function readAll(handle: FileHandle, into: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < into.length;) {
    const { bytesRead } = await handle.read(into, done, into.length - done, position + done);
    if (bytesRead === 0) throw new RangeError('the file ends too early');
    done += bytesRead;
  }
}
