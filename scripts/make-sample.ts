/**
 * Cuts `resources/samples/fashion-mnist-small` out of the full Fashion-MNIST: the first 500
 * training images and the first 2,000 test images, in the same file format and under the same
 * names. The same input gives the same bytes.
 *
 *     node scripts/make-sample.ts [folder with the four IDX .gz files]
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync, constants } from 'node:zlib';

const source = process.argv[2] ?? '/usr/share/datasets/fashion-mnist';
const target = join(import.meta.dirname, '../resources/samples/fashion-mnist-small');

/** Keeps the first `count` items of an IDX file (first axis) and corrects its header. */
function cut(idx: Buffer, count: number): Buffer {
  const axes = idx.readUInt8(3);
  const headerBytes = 4 + 4 * axes;
  const sizes = Array.from({ length: axes }, (_, axis) => idx.readUInt32BE(4 + 4 * axis));
  const [total, ...item] = sizes;
  if (total === undefined || total < count)
    throw new Error(`has ${total ?? 0} items, not ${count}`);
  const itemBytes = item.reduce((product, size) => product * size, 1);
  const out = Buffer.from(idx.subarray(0, headerBytes + count * itemBytes));
  out.writeUInt32BE(count, 4);
  return out;
}

mkdirSync(target, { recursive: true });
for (const [prefix, count] of [
  ['train', 500],
  ['t10k', 2000],
] as const) {
  for (const kind of ['images-idx3', 'labels-idx1']) {
    const name = `${prefix}-${kind}-ubyte.gz`;
    const cutOut = cut(gunzipSync(readFileSync(join(source, name))), count);
    // zlib writes no time stamp, so equal input gives equal files.
    const packed = gzipSync(cutOut, { level: constants.Z_BEST_COMPRESSION });
    // The header's ninth byte names the operating system; fixed, so every machine writes the same.
    packed.writeUInt8(255, 9);
    writeFileSync(join(target, name), packed);
    process.stdout.write(`${name}: ${count} items, ${packed.length} bytes\n`);
  }
}
