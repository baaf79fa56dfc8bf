import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readIdxHeader, readIdxImages } from '#core/library/idx.ts';
import { knownClassNames, nameLabels } from '#core/library/idx-source.ts';
import { scanSource } from '#core/library/scan.ts';
import { thumbnailOf } from '#core/library/thumbnails.ts';
import type { Project } from '#core/projects/project.ts';
import { createWorkbench, type Workbench } from '../../helpers/workbench.ts';

let bench: Workbench;
let project: Project;
let source: string;

beforeEach(async () => {
  bench = createWorkbench();
  project = await bench.create();
  source = join(bench.folder, 'fashion');
  mkdirSync(source);
});
afterEach(() => bench.close());

function idx(shape: number[], values: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + shape.length * 4);
  header.writeUInt8(8, 2);
  header.writeUInt8(shape.length, 3);
  shape.forEach((size, axis) => header.writeUInt32BE(size, 4 + axis * 4));
  return Buffer.concat([header, values]);
}

/** `count` different 3×4 pictures; label i is i modulo `classes`. */
function pair(
  name: string,
  count: number,
  options: { classes?: number; seed?: number; gzip?: boolean } = {},
): void {
  const { classes = 10, seed = 0, gzip = true } = options;
  const pixels = Uint8Array.from({ length: count * 12 }, (_, i) =>
    i % 12 === 0
      ? Math.floor(i / 12) % 256
      : i % 12 === 1
        ? Math.floor(i / 3072)
        : i % 12 === 2
          ? seed
          : i & 255,
  );
  const labels = Uint8Array.from({ length: count }, (_, i) => i % classes);
  put(`${name}-images-idx3-ubyte`, idx([count, 3, 4], pixels), gzip);
  put(`${name}-labels-idx1-ubyte`, idx([count], labels), gzip);
}

function put(name: string, bytes: Buffer, gzip: boolean): string {
  const path = join(source, gzip ? `${name}.gz` : name);
  writeFileSync(path, gzip ? gzipSync(bytes) : bytes);
  return path;
}

const images = (): ReturnType<Project['store']['images']['rows']> =>
  project.store.images.rows(project.store.images.ids());

describe('a folder of IDX files', () => {
  it('is taken in with its splits and known names, the files byte for byte', async () => {
    pair('train', 2500);
    pair('t10k', 30, { seed: 1 });
    const { job, report } = await bench.import(project, source);
    expect(job).toMatchObject({ state: 'done', progress: { done: 2530, total: 2530 } });
    expect(report).toMatchObject({ added: 2530, duplicates: 0, skipped: [] });
    expect(project.store.classes.list().map(({ name }) => name)[9]).toBe('Ankle boot');
    expect(project.store.splits.summary()).toMatchObject({ train: 2500, test: 30, none: 0 });
    const first = images()[0]!;
    expect(first).toMatchObject({
      name: 'train-images #0',
      width: 4,
      height: 3,
      channels: 1,
      split: 'train',
    });
    const kept = readdirSync(project.paths.images, { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isFile(),
    );
    expect(kept).toHaveLength(2);
    const originals = ['train', 't10k'].map((name) =>
      readFileSync(join(source, `${name}-images-idx3-ubyte.gz`)),
    );
    for (const entry of kept) {
      const bytes = readFileSync(join(entry.parentPath, entry.name));
      expect(originals.some((original) => original.equals(bytes))).toBe(true);
    }
  });

  it('with a split takes that pair only, and all in that split when none fits', async () => {
    pair('train', 20);
    pair('t10k', 10, { seed: 1 });
    await bench.import(project, source, { split: 'test' });
    expect(project.store.splits.summary()).toMatchObject({ total: 10, test: 10 });
    const other = await bench.create('other');
    await bench.import(other, source, { split: 'validation' });
    expect(other.store.splits.summary()).toMatchObject({ total: 30, validation: 30 });
  });

  it('with a limit takes the first in order', async () => {
    pair('train', 20);
    pair('t10k', 10, { seed: 1 });
    const { report } = await bench.import(project, source, { limit: 25 });
    expect(report.added).toBe(25);
    expect(project.store.splits.summary()).toMatchObject({ train: 20, test: 5 });
  });

  it('imported again adds nothing, raw or gzipped', async () => {
    pair('train', 20);
    await bench.import(project, source);
    pair('train', 20, { gzip: false });
    const { report } = await bench.import(project, join(source, 'train-images-idx3-ubyte'));
    expect(report).toMatchObject({ added: 0, duplicates: 20, conflicts: [] });
    expect(readdirSync(project.paths.images)).toHaveLength(1);
  });

  it('by reference copies nothing', async () => {
    pair('train', 5);
    await bench.import(project, source, { mode: 'reference' });
    expect(readdirSync(project.paths.images)).toEqual([]);
    const { slots } = await project.tensors.ensure({
      height: 3,
      width: 4,
      channels: 1,
      images: project.store.images.ids(),
    });
    expect([...slots]).toEqual([0, 1, 2, 3, 4]);
  });

  it('shows its pictures pixel for pixel', async () => {
    pair('train', 300);
    await bench.import(project, source);
    const image = images()[258]!;
    const { bytes, type } = await thumbnailOf(project, image, 128, bench.services.decoders);
    expect(type).toBe('image/png');
    const { data, info } = await sharp(bytes)
      .toColourspace('b-w')
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 4, height: 3, channels: 1 });
    expect([...data.subarray(0, 3)]).toEqual([2, 1, 0]);
  });

  it('is looked at first', async () => {
    pair('train', 20);
    pair('t10k', 10, { seed: 1 });
    expect(await scanSource(source, bench.services.uploads)).toMatchObject({
      kind: 'idx',
      images: 30,
      classCount: 10,
      splits: [
        { split: 'train', images: 20 },
        { split: 'test', images: 10 },
      ],
    });
  });

  it('without labels is unlabeled', async () => {
    put('train-images-idx3-ubyte', idx([2, 2, 2], new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8])), true);
    const { report } = await bench.import(project, source);
    expect(report.added).toBe(2);
    expect(images().map(({ classId }) => classId)).toEqual([null, null]);
  });
});

describe('class names', () => {
  it('are asked for when nothing tells them, before anything is written', async () => {
    const plain = join(bench.folder, 'plain');
    pair('train', 12, { classes: 3 });
    source = plain;
    mkdirSync(plain);
    pair('train', 12, { classes: 3 });
    const { job } = await bench.import(project, plain);
    expect(job).toMatchObject({ state: 'failed', error: { code: 'CLASS_NAMES_NEEDED' } });
    expect(project.store.images.count()).toBe(0);
    const few = await bench.import(project, plain, { classNames: ['a', 'b'] });
    expect(few.job.error).toMatchObject({ code: 'INVALID_INPUT' });
    const { report } = await bench.import(project, plain, { classNames: ['a', 'b', 'c'] });
    expect(report.added).toBe(12);
    expect(project.store.classes.list().map(({ name, images: n }) => [name, n])).toEqual([
      ['a', 4],
      ['b', 4],
      ['c', 4],
    ]);
  });

  it('are known by the path of the data sets that everybody has', () => {
    expect(knownClassNames('/data/Fashion-MNIST/raw/train-images-idx3-ubyte')?.[0]).toBe(
      'T-shirt/top',
    );
    expect(knownClassNames('/data/mnist/train-images-idx3-ubyte.gz')?.[7]).toBe('7');
    expect(knownClassNames('/data/kmnist/train-images-idx3-ubyte.gz')?.[0]).toBe('お');
    expect(knownClassNames('/data/emnist-letters-train-images-idx3-ubyte')).toBeNull();
    expect(knownClassNames('/data/things/train-images-idx3-ubyte')).toBeNull();
    expect(knownClassNames('/home/fashion/work/a/b/train-images-idx3-ubyte')).toBeNull();
  });

  it('may count from 1', () => {
    expect(nameLabels([1, 2, 3], ['a', 'b', 'c'], null)(3)).toBe('c');
    expect(nameLabels([0, 1, 2], ['a', 'b', 'c'], null)(0)).toBe('a');
  });
});

describe('IDX files that lie', () => {
  const good = idx([2, 2, 2], new Uint8Array(8));
  it.each([
    ['cut off', good.subarray(0, 20), /cut off/],
    ['with more than it says', Buffer.concat([good, Buffer.alloc(3)]), /more/],
    ['of four billion images', idx([0xffffffff, 100, 100], new Uint8Array(8)), /2 GB|cut off/],
    ['of no size', idx([2, 0, 2], new Uint8Array(0)), /not an IDX file of images/],
  ])('%s: a plain error, raw and gzipped', async (_, bytes, message) => {
    for (const gzip of [false, true]) {
      const file = put('x-images-idx3-ubyte', bytes, gzip);
      await expect(readIdxImages(file)).rejects.toMatchObject({
        code: 'SOURCE_UNREADABLE',
        message: expect.stringMatching(message) as string,
      });
    }
  });

  it('gzip that is cut off or damaged', async () => {
    const zipped = gzipSync(
      idx(
        [200, 8, 8],
        Uint8Array.from({ length: 12_800 }, (_, i) => (i * i * 31 + (i >> 3) * 7919 * i) & 255),
      ),
    );
    const cut = join(source, 'a-images-idx3-ubyte.gz');
    writeFileSync(cut, zipped.subarray(0, zipped.length / 2));
    await expect(readIdxImages(cut)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
    const spoilt = Buffer.from(zipped);
    spoilt.fill(0, spoilt.length >> 1, (spoilt.length >> 1) + 60);
    writeFileSync(cut, spoilt);
    await expect(readIdxImages(cut)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
  });

  it('labels that do not fit the images', async () => {
    put('train-images-idx3-ubyte', good, true);
    put('train-labels-idx1-ubyte', idx([3], new Uint8Array(3)), true);
    const { job } = await bench.import(project, source);
    expect(job.error).toMatchObject({
      code: 'SOURCE_UNREADABLE',
      message: expect.stringContaining('3 labels for 2 images') as string,
    });
  });

  it('and files that are none', async () => {
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('text'),
      Buffer.from([0, 0, 13, 3, 0, 0, 0, 0]),
    ]) {
      expect(await readIdxHeader(put('y-idx3-ubyte', bytes, false))).toBeNull();
    }
  });
});

it('imports the 70,000 images of Fashion-MNIST within seconds', async ({ skip }) => {
  const folder = '/usr/share/datasets/fashion-mnist';
  skip(
    !readdirSync('/usr/share').includes('datasets'),
    'the Debian package dataset-fashion-mnist is not here',
  );
  const { report } = await bench.import(project, folder);
  expect(report).toMatchObject({ added: 70_000, duplicates: 0, skipped: [] });
  expect(report.seconds).toBeLessThan(30);
  expect(project.store.splits.summary()).toMatchObject({ train: 60_000, test: 10_000 });
  const started = performance.now();
  expect(project.store.images.ids()).toHaveLength(70_000);
  expect(performance.now() - started).toBeLessThan(1000);
}, 60_000);
