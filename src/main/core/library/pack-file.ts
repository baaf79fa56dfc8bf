import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { toFileError } from '../util/files.ts';

const HASH_BYTES = 32;
/** Part of the names: raised when decoding or resizing changes, so that old rows are not used. */
const VERSION = 'v1';

/**
 * An append-only file of rows and, beside it, the SHA-256 of each row's image. Row k of one is entry
 * k of the other; rows are written before their entries, so an entry never speaks of a row that is
 * not there, and whatever a killed process left beyond the last whole pair is cut off.
 */
export class PackFile {
  readonly file: string;
  readonly rowBytes: number;
  readonly #index: string;
  #slots = new Map<string, number>();
  /** Pairs of row and entry; the same as the map's size unless the index was tampered with. */
  #count = 0;
  /** Which file the entries were read from: the cache may be deleted at any time. */
  #inode: number | null = null;

  constructor(folder: string, name: string, rowBytes: number) {
    this.file = join(folder, `${name}.${VERSION}.bin`);
    this.#index = join(folder, `${name}.${VERSION}.idx`);
    this.rowBytes = rowBytes;
  }

  slot(sha256: string): number | undefined {
    return this.#slots.get(sha256);
  }

  /** Reads the entries that this or another process added since. */
  refresh(): void {
    const rows = statSync(this.file, { throwIfNoEntry: false });
    const index = statSync(this.#index, { throwIfNoEntry: false });
    if (!rows || !index) {
      this.#forget(null);
      return;
    }
    const count = Math.min(
      Math.floor(rows.size / this.rowBytes),
      Math.floor(index.size / HASH_BYTES),
    );
    if (index.ino !== this.#inode || count < this.#count) this.#forget(index.ino);
    const from = this.#count;
    if (count <= from) return;
    const hashes = Buffer.alloc((count - from) * HASH_BYTES);
    const descriptor = openSync(this.#index, 'r');
    try {
      readSync(descriptor, hashes, 0, hashes.length, from * HASH_BYTES);
    } finally {
      closeSync(descriptor);
    }
    for (let slot = from; slot < count; slot++) {
      const start = (slot - from) * HASH_BYTES;
      this.#slots.set(hashes.toString('hex', start, start + HASH_BYTES), slot);
    }
    this.#count = count;
  }

  /**
   * Appends the rows that are not there yet. The caller holds a lock against other processes.
   * @throws AppError DISK_FULL
   */
  append(rows: readonly { sha256: string; pixels: Uint8Array }[]): void {
    this.refresh();
    const fresh = new Map(
      rows.filter(({ sha256 }) => !this.#slots.has(sha256)).map((row) => [row.sha256, row.pixels]),
    );
    if (fresh.size === 0) return;
    const pixels = openSync(this.file, 'a+');
    const index = openSync(this.#index, 'a+');
    try {
      const count = this.#count;
      ftruncateSync(pixels, count * this.rowBytes);
      ftruncateSync(index, count * HASH_BYTES);
      writeAll(pixels, Buffer.concat([...fresh.values()]));
      // Rows reach the disk before their entries, even if the power goes.
      fdatasyncSync(pixels);
      writeAll(index, Buffer.concat([...fresh.keys()].map((sha256) => Buffer.from(sha256, 'hex'))));
      this.#inode = fstatSync(index).ino;
      let slot = count;
      for (const sha256 of fresh.keys()) this.#slots.set(sha256, slot++);
      this.#count = slot;
    } catch (error) {
      this.#forget(null);
      throw toFileError(error, this.file);
    } finally {
      closeSync(pixels);
      closeSync(index);
    }
  }

  #forget(inode: number | null): void {
    this.#slots = new Map();
    this.#count = 0;
    this.#inode = inode;
  }
}

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) {
    written += writeSync(descriptor, bytes, written);
  }
}
