/** Data sets as other programs find them: read back by other readers than the writers. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import protobuf from 'protobufjs/light.js';
import sharp from 'sharp';
import { list } from 'tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crc32c } from '#core/datasets/crc32c.ts';
import { safeName, UniqueNames } from '#core/datasets/names.ts';
import type { DatasetFormat, DatasetReport } from '#shared/contract/index.ts';
import { createTestCore, finished, type TestCore } from '../../helpers/core.ts';
import { squares, writeIdx } from '../../helpers/idx.ts';

let test: TestCore;
let project: string;
let exports = 0;
/** SHA-256 of every imported file → where it was. */
const originals = new Map<string, string>();

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const color = (n: number) => ({ r: n * 20, g: 255 - n * 20, b: (n * 50) % 256 });

async function picture(path: string, n: number, format: 'png' | 'jpeg' | 'webp'): Promise<void> {
  const create = { width: 20 + n, height: 30, channels: 3 as const, background: color(n) };
  const bytes = await sharp({ create }).toFormat(format).toBuffer();
  writeFileSync(path, bytes);
  originals.set(sha256(bytes), path);
}

beforeAll(async () => {
  test = await createTestCore();
  const source = join(test.folder, 'source');
  const places = ['train/cat', 'train/dog: "big", brown', 'test/cat', 'train'];
  for (const [index, place] of places.entries()) {
    mkdirSync(join(source, place), { recursive: true });
    await picture(join(source, place, 'a.png'), 2 * index, 'png');
    await picture(join(source, place, 'b.jpg'), 2 * index + 1, 'jpeg');
  }
  mkdirSync(join(source, 'train/cat/more'));
  await picture(join(source, 'train/cat/more/A.png'), 9, 'png');
  project = (await test.client.projects.create({ path: join(test.folder, 'pets.fovea') })).id;
  await finished(test.client, (await test.client.library.import({ project, source })).job);
}, 60_000);
afterAll(() => test.close());

async function exported(
  format: DatasetFormat,
  unlabeled = true,
  of = project,
): Promise<{ directory: string; report: DatasetReport; files: string[] }> {
  const directory = join(test.folder, 'out', `${format}-${++exports}`);
  const { client } = test;
  const { job } = await client.datasets.export({ project: of, format, directory, unlabeled });
  const { result } = await finished(client, job);
  if (result?.type !== 'dataset') throw new Error('no report');
  return { directory, report: result.dataset, files: below(directory) };
}

function below(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
}

const dog = 'dog_ _big_, brown';

describe('a data set written for others', () => {
  it('as class folders holds every original to the bit, splits and all', async () => {
    const { directory, report, files } = await exported('folders');
    expect(report).toMatchObject({ images: 9, unlabeled: 2, leftOut: 0, skipped: [] });
    const images = files.filter((file) => file !== 'README.md');
    expect(images).toEqual(
      [
        'test/cat/a.png',
        'test/cat/b.jpg',
        'train/a.png',
        'train/b.jpg',
        'train/cat/A-2.png',
        'train/cat/a.png',
        'train/cat/b.jpg',
        `train/${dog}/a.png`,
        `train/${dog}/b.jpg`,
      ].sort(),
    );
    const hashes = images.map((file) => sha256(readFileSync(join(directory, file))));
    expect(hashes.sort()).toEqual([...originals.keys()].sort());
    expect(readFileSync(join(directory, 'README.md'), 'utf8')).toContain('dog: "big", brown');
  });

  it('comes back in as it went out', async () => {
    const { directory } = await exported('folders');
    const { client } = test;
    const again = (await client.projects.create({ path: join(test.folder, 'again.fovea') })).id;
    const { job } = await client.library.import({ project: again, source: directory });
    await finished(client, job);
    const summary = await client.library.splits.summary({ project: again });
    expect(summary).toMatchObject({ total: 9, train: 7, test: 2, none: 0 });
    expect(
      (await client.labels.classes.list({ project: again })).map(({ images }) => images),
    ).toEqual([5, 2]);
  });

  it('leaves images without a label out and says so', async () => {
    const { report, files, directory } = await exported('folders', false);
    expect(report).toMatchObject({ images: 7, unlabeled: 0, leftOut: 2 });
    expect(files).not.toContain('train/a.png');
    expect(readFileSync(join(directory, 'README.md'), 'utf8')).toContain(
      '2 images without a label',
    );
  });

  it('as CSV and JSON lines names each file, class, split and hash', async () => {
    const { directory } = await exported('csv');
    const [head, ...lines] = readFileSync(join(directory, 'manifest.csv'), 'utf8')
      .trimEnd()
      .split('\r\n');
    expect(head).toBe('file,class,label,split,width,height,sha256');
    expect(lines.filter((line) => line.includes('"dog: ""big"", brown",1,train,'))).toHaveLength(2);
    expect(lines.filter((line) => /^images\/train\/[^,]+,,,train,/.test(line))).toHaveLength(2);

    const { directory: other } = await exported('jsonl');
    const rows = readFileSync(join(other, 'manifest.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string | number | null>);
    expect(rows).toHaveLength(9);
    for (const { file, sha256: hash, width } of rows) {
      const bytes = readFileSync(join(other, String(file)));
      expect(sha256(bytes)).toBe(hash);
      expect((await sharp(bytes).metadata()).width).toBe(width);
    }
    expect(rows.filter((row) => row['class'] === 'cat' && row['split'] === 'test')).toHaveLength(2);
  });

  it('as COCO JSON has categories for images', async () => {
    const { directory, files } = await exported('coco');
    const train = JSON.parse(readFileSync(join(directory, 'annotations/train.json'), 'utf8')) as {
      images: { id: number; file_name: string }[];
      categories: { id: number; name: string }[];
      annotations: { image_id: number; category_id: number }[];
    };
    expect(train.categories.map(({ name }) => name)).toEqual(['cat', 'dog: "big", brown']);
    expect(train.images).toHaveLength(7);
    expect(train.annotations.map(({ category_id }) => category_id).sort()).toEqual([1, 1, 1, 2, 2]);
    for (const { file_name } of train.images) expect(files).toContain(`images/train/${file_name}`);
    expect(files).toContain('annotations/test.json');
  });

  it('as an ImageFolder has a card that names the splits, and no place for unlabeled ones', async () => {
    const { directory, report } = await exported('imagefolder');
    expect(report).toMatchObject({ images: 7, leftOut: 2 });
    const card = readFileSync(join(directory, 'README.md'), 'utf8');
    expect(card).toMatch(/^---\n(.*\n)+?---\n/);
    expect(card).toContain('      - split: train\n        path: "train/**"\n');
    expect(card).toContain('      - split: test\n        path: "test/**"\n');
  });

  it('as WebDataset is a tar file that tar reads', async () => {
    const { directory, files } = await exported('webdataset');
    expect(files).toEqual(['README.md', 'classes.json', 'test-000000.tar', 'train-000000.tar']);
    const entries = new Map<string, Buffer>();
    await list({
      file: join(directory, 'train-000000.tar'),
      strict: true,
      onReadEntry: (entry) => {
        const pieces: Buffer[] = [];
        entry.on('data', (piece: Buffer) => pieces.push(piece));
        entry.on('end', () => entries.set(entry.path, Buffer.concat(pieces)));
      },
    });
    const keys = new Set([...entries.keys()].map((path) => path.slice(0, path.indexOf('.'))));
    expect(keys.size).toBe(7);
    for (const key of keys) {
      const about = JSON.parse(entries.get(`${key}.json`)!.toString()) as {
        sha256: string;
        label: number | null;
      };
      const image = entries.get(`${key}.png`) ?? entries.get(`${key}.jpg`);
      expect(sha256(image!)).toBe(about.sha256);
      expect(entries.get(`${key}.cls`)?.toString() ?? null).toBe(
        about.label === null ? null : String(about.label),
      );
    }
  });

  it('as TFRecord holds examples with right checksums', async () => {
    const { directory } = await exported('tfrecord');
    const file = readFileSync(join(directory, 'test-000000.tfrecord'));
    const unmask = (value: number): number => {
      const turned = (value - 0xa282_ead8) >>> 0;
      return ((turned << 15) | (turned >>> 17)) >>> 0;
    };
    const found: Map<string, Uint8Array>[] = [];
    for (let at = 0; at < file.length;) {
      const length = Number(file.readBigUInt64LE(at));
      expect(unmask(file.readUInt32LE(at + 8))).toBe(crc32c(file.subarray(at, at + 8)));
      const data = file.subarray(at + 12, at + 12 + length);
      expect(unmask(file.readUInt32LE(at + 12 + length))).toBe(crc32c(data));
      found.push(featuresOf(data));
      at += 16 + length;
    }
    expect(found).toHaveLength(2);
    for (const features of found) {
      expect(originals.has(sha256(features.get('image/encoded')!))).toBe(true);
      expect(Buffer.from(features.get('image/class/text')!).toString()).toBe('cat');
      expect([...features.get('image/class/label')!]).toEqual([0]);
    }
  });
});

/** Values of an Example's features, as they are on the wire; packed integers as varints. */
function featuresOf(data: Uint8Array): Map<string, Uint8Array> {
  const inner = (bytes: Uint8Array): Uint8Array[] => {
    const reader = protobuf.Reader.create(bytes);
    const fields: Uint8Array[] = [];
    while (reader.pos < reader.len) {
      expect(reader.uint32() & 7).toBe(2);
      fields.push(reader.bytes());
    }
    return fields;
  };
  const [features] = inner(data);
  return new Map(
    inner(features!).map((entry) => {
      const [name, feature] = inner(entry);
      const [value] = inner(inner(feature!)[0]!);
      return [Buffer.from(name!).toString(), value!];
    }),
  );
}

describe('what is in the way', () => {
  it('images of IDX files become PNG with the same pixels', async () => {
    const source = join(test.folder, 'idx');
    writeIdx(source, { train: 6, classes: 3 });
    const { client } = test;
    const digits = (await client.projects.create({ path: join(test.folder, 'idx.fovea') })).id;
    const classNames = ['north', 'east', 'south'];
    const { job } = await client.library.import({ project: digits, source, classNames });
    await finished(client, job);
    const { directory, files } = await exported('folders', false, digits);
    expect(files).toContain('train/north/train-images-00000.png');
    const png = readFileSync(join(directory, 'train/south/train-images-00002.png'));
    const pixels = await sharp(png).extractChannel(0).raw().toBuffer();
    expect([...pixels]).toEqual([...squares(6, 3, 1).subarray(2 * 784, 3 * 784)]);
  });

  it('a file that was changed or is gone is skipped by name', async () => {
    const source = join(test.folder, 'loose', 'bird');
    mkdirSync(source, { recursive: true });
    for (const [n, name] of ['kept.png', 'changed.png', 'gone.png'].entries()) {
      await picture(join(source, name), 10 + n, 'png');
    }
    const { client } = test;
    const loose = (await client.projects.create({ path: join(test.folder, 'loose.fovea') })).id;
    const from = join(test.folder, 'loose');
    const { job } = await client.library.import({
      project: loose,
      source: from,
      mode: 'reference',
    });
    await finished(client, job);
    writeFileSync(join(source, 'changed.png'), 'else');
    rmSync(join(source, 'gone.png'));
    const { report } = await exported('folders', false, loose);
    expect(report).toMatchObject({ images: 1, skippedCount: 2 });
    expect(report.skipped.map(({ file }) => file).sort()).toEqual([
      'bird/changed.png',
      'bird/gone.png',
    ]);
  });

  it('a folder with files in it is left alone', async () => {
    const directory = join(test.folder, 'mine');
    mkdirSync(directory);
    writeFileSync(join(directory, 'notes.txt'), 'mine');
    const { client } = test;
    const { job } = await client.datasets.export({ project, format: 'coco', directory });
    await expect(finished(client, job)).rejects.toThrow(/not an empty folder/);
    expect(readdirSync(directory)).toEqual(['notes.txt']);
  });

  it('a project without labels has nothing to write, and leaves nothing', async () => {
    const { client } = test;
    const empty = (await client.projects.create({ path: join(test.folder, 'empty.fovea') })).id;
    const directory = join(test.folder, 'nothing');
    const { job } = await client.datasets.export({ project: empty, format: 'csv', directory });
    await expect(finished(client, job)).rejects.toThrow(/no labeled images/);
    expect(existsSync(directory)).toBe(false);
  });
});

it('names are safe everywhere and never the same', () => {
  expect(safeName('a/b\\c:d?.png')).toBe('a_b_c_d_.png');
  expect(safeName('..')).toBe('unnamed');
  expect(safeName('con.txt')).toBe('_con.txt');
  const names = new UniqueNames();
  expect(['a.png', 'A.png', 'a-2.png', 'a.png'].map((name) => names.take(name))).toEqual([
    'a.png',
    'A-2.png',
    'a-2-2.png',
    'a-3.png',
  ]);
});

it('knows the published check value of CRC-32C', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe306_9283);
});
