/**
 * Grey 28×28 images to learn from and 1,000 to ask about: of Fashion-MNIST where Debian's package
 * (or FASHION_MNIST) has it, else drawn.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { idx, squares } from '../helpers/idx.ts';

const SIDE = 28;
const TRAIN = 2000;
export const HELD_OUT = 1000;

export interface Labeled {
  /** uint8, [count, 28, 28, 1] */
  pixels: Uint8Array;
  labels: Uint8Array;
}

const folder = process.env['FASHION_MNIST'] ?? '/usr/share/datasets/fashion-mnist';

/** Of classes 0 to `classes` - 1, evenly taken. */
export function labeled(part: 'train' | 't10k', classes: number): Labeled {
  const wanted = part === 'train' ? TRAIN : HELD_OUT;
  const images = join(folder, `${part}-images-idx3-ubyte.gz`);
  if (!existsSync(images)) {
    const labels = Uint8Array.from({ length: wanted }, (_, index) => index % classes);
    return { pixels: squares(wanted, classes, part === 'train' ? 1 : 2), labels };
  }
  const pixels = gunzipSync(readFileSync(images)).subarray(16);
  const all = gunzipSync(readFileSync(images.replace('images-idx3', 'labels-idx1'))).subarray(8);
  const known = [...all.keys()].filter((index) => all[index]! < classes);
  const step = known.length / wanted;
  const taken = Array.from({ length: wanted }, (_, index) => known[Math.floor(index * step)]!);
  const size = SIDE * SIDE;
  return {
    pixels: Buffer.concat(taken.map((index) => pixels.subarray(index * size, (index + 1) * size))),
    labels: Uint8Array.from(taken, (index) => all[index]!),
  };
}

/** A folder that the app imports, with training and test images. */
export function writeData(into: string, classes: number): void {
  mkdirSync(into, { recursive: true });
  for (const part of ['train', 't10k'] as const) {
    const { pixels, labels } = labeled(part, classes);
    const dims = [labels.length, SIDE, SIDE];
    writeFileSync(join(into, `${part}-images-idx3-ubyte`), idx(0x803, dims, pixels));
    writeFileSync(join(into, `${part}-labels-idx1-ubyte`), idx(0x801, [labels.length], labels));
  }
}
