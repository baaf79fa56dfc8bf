/** Small data sets that a model learns within seconds, in IDX files as MNIST has them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SIDE = 28;

/** Grey 28×28 pictures of `classes` classes in turn: a bright square at the class's place, on noise. */
export function squares(count: number, classes: number, seed: number): Uint8Array {
  let state = seed;
  const noise = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  };
  const perRow = Math.ceil(Math.sqrt(classes));
  const cell = Math.floor(SIDE / perRow);
  const pixels = new Uint8Array(count * SIDE * SIDE);
  for (let image = 0; image < count; image++) {
    const place = image % classes;
    const top = Math.floor(place / perRow) * cell;
    const left = (place % perRow) * cell;
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        const inside = y >= top && y < top + cell && x >= left && x < left + cell;
        pixels[(image * SIDE + y) * SIDE + x] = inside ? 155 + noise() * 0.39 : noise() * 0.39;
      }
    }
  }
  return pixels;
}

/** A file of one array, as MNIST has it: 0x803 for images, 0x801 for labels. */
export function idx(type: number, dims: number[], data: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * dims.length);
  header.writeUInt32BE(type, 0);
  dims.forEach((dim, index) => header.writeUInt32BE(dim, 4 + 4 * index));
  return Buffer.concat([header, data]);
}

export interface IdxOptions {
  train: number;
  test?: number;
  classes?: number;
  /** Training images (by their index) that get the label of the next class. */
  wrong?: readonly number[];
}

export const idxClassNames = ['north', 'east', 'south', 'west'];

/** Writes MNIST's four files (two without `test`); labels go 0, 1, 2, … in turn. */
export function writeIdx(
  folder: string,
  { train, test = 0, classes = 4, wrong = [] }: IdxOptions,
): void {
  mkdirSync(folder, { recursive: true });
  const pair = (name: string, count: number, seed: number): void => {
    if (count === 0) return;
    const mistaken = new Set(name === 'train' ? wrong : []);
    const labels = Uint8Array.from(
      { length: count },
      (_, index) => (index + (mistaken.has(index) ? 1 : 0)) % classes,
    );
    const pixels = squares(count, classes, seed);
    writeFileSync(
      join(folder, `${name}-images-idx3-ubyte`),
      idx(0x803, [count, SIDE, SIDE], pixels),
    );
    writeFileSync(join(folder, `${name}-labels-idx1-ubyte`), idx(0x801, [count], labels));
  };
  pair('train', train, 1);
  pair('t10k', test, 2);
}
