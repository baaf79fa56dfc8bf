/**
 * The whole of Fashion-MNIST through the command line: import, one epoch, evaluation, export, and
 * the exported file on its own. Then ten epochs.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCli, type Cli, type Line } from '../helpers/cli.ts';
import { createTestCore } from '../helpers/core.ts';

const data = process.env['FASHION_MNIST'] ?? '/usr/share/datasets/fashion-mnist';
const testImages = join(data, 't10k-images-idx3-ubyte.gz');
const CLASSES = 10;

let cli: Cli;
let project: string;

beforeAll(async () => {
  if (!existsSync(testImages))
    throw new Error(`Fashion-MNIST is not in ${data}; set FASHION_MNIST.`);
  cli = createCli();
  project = join(cli.folder, 'fashion.fovea');
  await cli.json('create', project);
});
afterAll(() => cli.remove());

/** One value of every element, as numbers. */
const column = (lines: Line[], name: string): number[] => lines.map((line) => line[name] as number);

describe('Fashion-MNIST by the command line', () => {
  it('imports 70,000 images with their classes, and nothing the second time', async () => {
    const first = (await cli.json('import', project, data)).at(-1);
    expect(first).toMatchObject({ event: 'done', added: 70_000, duplicates: 0, skipped: [] });
    const again = (await cli.json('import', project, data)).at(-1);
    expect(again).toMatchObject({ event: 'done', added: 0, duplicates: 70_000 });
  });

  let run: string;

  it('trains fashion-cnn for one epoch to at least 0.85', async () => {
    const lines = await cli.json(
      ...['train', project, '--preset', 'fashion-cnn', '--epochs', '1', '--batch', '32'],
      ...['--seed', '1', '--validate-on', 'test'],
    );
    const [start, epoch, done] = lines;
    expect(lines).toHaveLength(3);
    expect(start).toMatchObject({ event: 'start', engine: 'cpu' });
    expect(epoch).toMatchObject({ event: 'epoch', epoch: 1 });
    expect(done).toMatchObject({ event: 'done', run: start?.['run'], parameters: 167_114 });
    expect(epoch?.['val_accuracy']).toBeGreaterThanOrEqual(0.85);
    run = done?.['run'] as string;
    process.stdout.write(`${JSON.stringify(epoch)}\n`);
  });

  it('evaluates to what the training saw', async () => {
    const report = (await cli.json('evaluate', project, run, '--split', 'test')).at(-1);
    expect(report?.['accuracy']).toBeGreaterThanOrEqual(0.85);
    expect(
      (report?.['balanced_accuracy'] as number) + (report?.['balanced_error_rate'] as number),
    ).toBeCloseTo(1, 9);
    const classes = report?.['classes'] as Line[];
    expect(classes).toHaveLength(CLASSES);
    const images = report?.['images'] as number;
    expect(column(classes, 'support').reduce((a, b) => a + b, 0)).toBe(images);
    const confusion = report?.['confusion'] as number[][];
    const right = confusion.reduce((sum, row, index) => sum + (row[index] ?? 0), 0);
    expect(right / images).toBeCloseTo(report?.['accuracy'] as number, 9);
  });

  it('exports a file whose answers alone are those of the app on the test images', async () => {
    const out = join(cli.folder, 'exported');
    const exported = (await cli.json('export', project, run, '--format', 'onnx', '--out', out)).at(
      -1,
    );
    expect(exported).toMatchObject({ agreement: 1 });
    expect(exported?.['max_difference']).toBeLessThan(1e-5);
    const model = (exported?.['files'] as string[]).find((file) => file.endsWith('.onnx'));
    const answers = join(cli.folder, 'answers.f32');
    execFileSync(process.execPath, [
      join(import.meta.dirname, 'run-exported.mjs'),
      model ?? '',
      testImages,
      answers,
    ]);
    const bytes = readFileSync(answers);
    const alone = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    expect(alone).toHaveLength(10_000 * CLASSES);

    const { compared, agreeing, largest } = await compareWithApp(project, run, alone);
    expect(compared).toBe(10_000);
    expect(agreeing).toBe(compared);
    expect(largest).toBeLessThan(1e-5);
  });
});

/** The app's answers for every test image, against those that the exported file gave on its own. */
async function compareWithApp(path: string, run: string, alone: Float32Array) {
  const { client, close } = await createTestCore();
  try {
    const { id } = await client.projects.open({ path });
    const ids = await client.library.images.ids({ project: id, filter: { splits: ['test'] } });
    let [compared, agreeing, largest] = [0, 0, 0];
    for (let first = 0; first < ids.length; first += 1000) {
      const images = ids.slice(first, first + 1000);
      const predictions = await client.predict.images({ project: id, run, images });
      for (const { image, probabilities } of predictions) {
        const detail = await client.library.images.get({ project: id, image: image ?? 0 });
        const row = rowIn(detail.location);
        const theirs = alone.subarray(row * CLASSES, (row + 1) * CLASSES);
        compared += 1;
        if (topOf(theirs) === topOf(probabilities)) agreeing += 1;
        for (const [index, share] of probabilities.entries()) {
          largest = Math.max(largest, Math.abs(share - (theirs[index] ?? Number.NaN)));
        }
      }
    }
    return { compared, agreeing, largest };
  } finally {
    await close();
  }
}

/** Row of an image within its IDX file, from its location ('path, image 17', counted from 0). */
function rowIn(location: string): number {
  const row = /(\d+)\D*$/.exec(location)?.[1];
  if (row === undefined) throw new Error(`No index in '${location}'.`);
  return Number(row);
}

function topOf(values: ArrayLike<number>): number {
  let top = 0;
  for (let index = 1; index < values.length; index += 1) {
    if ((values[index] ?? 0) > (values[top] ?? 0)) top = index;
  }
  return top;
}

describe('ten epochs', () => {
  // Adds nothing where the tests above have run.
  beforeAll(async () => {
    await cli.json('import', project, data);
  });

  it('reach at least 0.905 on the test images', async () => {
    const lines = await cli.json(
      ...['train', project, '--preset', 'fashion-cnn', '--epochs', '10', '--batch', '32'],
      ...['--seed', '1', '--validate-on', 'test'],
    );
    const epochs = lines.filter(({ event }) => event === 'epoch');
    process.stdout.write(epochs.map((line) => JSON.stringify(line)).join('\n') + '\n');
    expect(epochs).toHaveLength(10);
    expect(Math.max(...column(epochs, 'val_accuracy'))).toBeGreaterThanOrEqual(0.905);
  });
});
