/** Data sets, read by the programs that they are written for: every file to the bit, class and split. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestCore, finished, type TestCore } from '../helpers/core.ts';
import { runPython } from './python.ts';

const client = join(import.meta.dirname, 'clients/read_dataset.py');
let test: TestCore;
let project: string;
/** SHA-256 of each file → split and class. */
const expected: Record<string, [string, string]> = {};

beforeAll(async () => {
  test = await createTestCore();
  const source = join(test.folder, 'source');
  for (const [split, s] of [
    ['train', 0],
    ['test', 1],
  ] as const) {
    for (const [name, c] of [
      ['cat', 0],
      ['hot dog', 1],
    ] as const) {
      const folder = join(source, split, name);
      mkdirSync(folder, { recursive: true });
      for (let n = 0; n < 3; n++) {
        const background = { r: s * 120 + n * 9, g: c * 200, b: n * 60 };
        const picture = sharp({ create: { width: 20 + n, height: 18, channels: 3, background } });
        const bytes = await picture.toFormat(n === 0 ? 'jpeg' : 'png').toBuffer();
        writeFileSync(join(folder, `${n}.${n === 0 ? 'jpg' : 'png'}`), bytes);
        expected[createHash('sha256').update(bytes).digest('hex')] = [split, name];
      }
    }
  }
  project = (await test.client.projects.create({ path: join(test.folder, 'pets.fovea') })).id;
  await finished(test.client, (await test.client.library.import({ project, source })).job);
});
afterAll(() => test.close());

it.each([
  ['folders', 'Keras'],
  ['imagefolder', 'Hugging Face datasets'],
  ['tfrecord', 'TensorFlow'],
  ['webdataset', 'webdataset'],
] as const)('%s is read by %s', async (format, _program) => {
  const directory = join(test.folder, format);
  const { job } = await test.client.datasets.export({ project, format, directory });
  await finished(test.client, job);
  const printed = await runPython(client, format, directory);
  expect(JSON.parse(printed.trim().split('\n').at(-1)!)).toEqual(expected);
});
