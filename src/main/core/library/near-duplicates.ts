/**
 * Which images show nearly the same: saved anew, scaled, brightened, or taken a moment later. Found by
 * a difference hash (64 bits: is each point of a coarse picture brighter than the next one?) that
 * differs in a few bits, and confirmed by the correlation of the pictures at 16×16.
 */
import { open } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';

const HASH_BITS = 7;
/** Of two pictures at 16×16, from which on they count as one. */
const SAME = 0.995;
const EDGE = 16;
const CELLS = EDGE * EDGE;

interface Rows {
  /** uint8 rows of height × width × channels, as `TensorPacks.ensure` leaves them. */
  file: string;
  slots: Uint32Array;
  height: number;
  width: number;
  channels: number;
}

/** A number for each row; rows that show nearly the same have the same number. */
export async function nearDuplicateGroups(rows: Rows, signal?: AbortSignal): Promise<Uint32Array> {
  const count = rows.slots.length;
  const hashes = new Uint32Array(count * 2);
  const pictures = new Float32Array(count * CELLS);
  const rowBytes = rows.height * rows.width * rows.channels;
  const bytes = new Uint8Array(rowBytes);
  const handle = await open(rows.file);
  try {
    for (let row = 0; row < count; row++) {
      signal?.throwIfAborted();
      await handle.read(bytes, 0, rowBytes, rows.slots[row]! * rowBytes);
      hashes.set(differenceHash(shrink(bytes, rows, 9, 8)), row * 2);
      pictures.set(normalised(shrink(bytes, rows, EDGE, EDGE)), row * CELLS);
    }
  } finally {
    await handle.close();
  }
  const groups = new Groups(count);
  // Hashes that differ in at most 7 bits agree in one of their 8 bytes.
  for (let byte = 0; byte < 8; byte++) {
    const buckets = new Map<number, number[]>();
    for (let row = 0; row < count; row++) {
      const key = (hashes[row * 2 + (byte >> 2)]! >>> ((byte & 3) * 8)) & 255;
      const bucket = buckets.get(key);
      if (bucket) bucket.push(row);
      else buckets.set(key, [row]);
    }
    for (const bucket of buckets.values()) {
      for (let i = 1; i < bucket.length; i++) {
        const a = bucket[i]!;
        for (let j = 0; j < i; j++) {
          const b = bucket[j]!;
          const distance =
            ones(hashes[a * 2]! ^ hashes[b * 2]!) + ones(hashes[a * 2 + 1]! ^ hashes[b * 2 + 1]!);
          if (distance <= HASH_BITS && alike(pictures, a, b)) groups.join(a, b);
        }
        if (i % 500 === 0) {
          signal?.throwIfAborted();
          await nextTurn();
        }
      }
      await nextTurn();
    }
  }
  return groups.numbers();
}

/** Grey levels of a picture brought to width × height by area means. */
function shrink(pixels: Uint8Array, from: Rows, width: number, height: number): Float32Array {
  const result = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const top = Math.floor((y * from.height) / height);
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * from.height) / height));
    for (let x = 0; x < width; x++) {
      const left = Math.floor((x * from.width) / width);
      const right = Math.max(left + 1, Math.floor(((x + 1) * from.width) / width));
      let sum = 0;
      for (let v = top; v < bottom; v++) {
        const start = (v * from.width + left) * from.channels;
        const end = (v * from.width + right) * from.channels;
        for (let at = start; at < end; at++) sum += pixels[at]!;
      }
      result[y * width + x] = sum / ((bottom - top) * (right - left) * from.channels);
    }
  }
  return result;
}

/** Of a 9×8 picture: whether each point is brighter than its right neighbour, in two words. */
function differenceHash(picture: Float32Array): [number, number] {
  const words: [number, number] = [0, 0];
  for (let bit = 0; bit < 64; bit++) {
    const at = Math.floor(bit / 8) * 9 + (bit % 8);
    if (picture[at]! > picture[at + 1]!) words[bit >> 5]! |= 1 << (bit & 31);
  }
  return words;
}

/** Without its mean, of length 1; an even picture becomes zeros. */
function normalised(picture: Float32Array): Float32Array {
  const mean = picture.reduce((sum, value) => sum + value, 0) / picture.length;
  const length = Math.sqrt(picture.reduce((sum, value) => sum + (value - mean) ** 2, 0));
  return picture.map((value) => (length < 1e-6 ? 0 : (value - mean) / length));
}

function alike(pictures: Float32Array, a: number, b: number): boolean {
  let product = 0;
  for (let cell = 0; cell < CELLS; cell++) {
    product += pictures[a * CELLS + cell]! * pictures[b * CELLS + cell]!;
  }
  return product >= SAME;
}

/** How many bits of a word are set. */
function ones(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Disjoint sets: each row begins alone. */
class Groups {
  readonly #parents: Uint32Array;

  constructor(count: number) {
    this.#parents = Uint32Array.from({ length: count }, (_, row) => row);
  }

  join(a: number, b: number): void {
    this.#parents[this.#root(a)] = this.#root(b);
  }

  numbers(): Uint32Array {
    return this.#parents.map((_, row) => this.#root(row));
  }

  #root(row: number): number {
    let root = row;
    while (this.#parents[root] !== root) root = this.#parents[root]!;
    for (let at = row; at !== root;) {
      const next = this.#parents[at]!;
      this.#parents[at] = root;
      at = next;
    }
    return root;
  }
}
