/**
 * cifar-bn with the callbacks that it comes with, on pictures in the shape of CIFAR-10: few enough
 * that it soon only learns them by heart, so that the rate falls and training stops early.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Random } from '#core/engine/random.ts';
import { createCli, type Cli, type Line } from '../helpers/cli.ts';

const data = process.env['FASHION_MNIST'] ?? '/usr/share/datasets/fashion-mnist';
const TRAIN = 1000;
const VALIDATION = 400;
const SIDE = 32;
const FROM = 28;

let cli: Cli;
let project: string;

beforeAll(async () => {
  cli = createCli();
  project = join(cli.folder, 'tinted.fovea');
  const source = join(cli.folder, 'tinted');
  await writePictures(source, 'train', 'train', TRAIN);
  await writePictures(source, 'validation', 't10k', VALIDATION);
  await cli.json('create', project);
  await cli.json('import', project, source);
});
afterAll(() => cli.remove());

/** The first clothes of Fashion-MNIST on 32×32, each in a colour of its own, with noise. */
async function writePictures(source: string, split: string, name: string, count: number) {
  const read = (what: string, header: number): Buffer =>
    gunzipSync(readFileSync(join(data, `${name}-${what}-ubyte.gz`))).subarray(header);
  const grey = read('images-idx3', 16);
  const labels = read('labels-idx1', 8);
  for (let label = 0; label < 10; label++) {
    mkdirSync(join(source, split, `class ${label}`), { recursive: true });
  }
  for (let image = 0; image < count; image++) {
    const random = new Random(7, split, image);
    const tint = [0, 1, 2].map(() => 0.3 + 0.7 * random.uniform());
    const pixels = Buffer.alloc(SIDE * SIDE * 3);
    for (let at = 0; at < pixels.length; at++) {
      const x = (Math.floor(at / 3) % SIDE) - (SIDE - FROM) / 2;
      const y = Math.floor(at / 3 / SIDE) - (SIDE - FROM) / 2;
      const inside = x >= 0 && x < FROM && y >= 0 && y < FROM;
      const value = inside ? (grey[(image * FROM + y) * FROM + x] ?? 0) : 0;
      pixels[at] = Math.min(255, value * (tint[at % 3] ?? 1) + random.below(60));
    }
    await sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } })
      .png()
      .toFile(join(source, split, `class ${labels[image]}`, `${image}.png`));
  }
}

it('halves the rate on plateaus, stops early and restores the best weights', async () => {
  const lines = await cli.json(
    ...['train', project, '--preset', 'cifar-bn', '--validate-on', 'validation', '--seed', '1'],
  );
  const start = lines[0];
  expect(start).toMatchObject({
    train_images: TRAIN,
    validation_images: VALIDATION,
    schedule: { type: 'plateau', monitor: 'val-loss', factor: 0.5, patience: 10, minDelta: 1e-4 },
    early_stop: { monitor: 'val-loss', patience: 35, restoreBest: true },
  });
  const epochs = lines.filter(({ event }) => event === 'epoch');
  const of = (line: Line, name: string) => line[name] as number;
  const done = lines.at(-1)!;
  const stopped = of(done, 'stopped_early');
  const best = of(done, 'best_epoch');
  const falls = epochs.flatMap((line, at) => {
    const before = epochs[at - 1];
    return before && of(line, 'learning_rate') < of(before, 'learning_rate')
      ? [of(before, 'epoch')]
      : [];
  });
  process.stdout.write(
    `${JSON.stringify({ falls, stopped, best, ...epochs[best - 1], total: done['seconds'] })}\n`,
  );

  const losses = epochs.map((line) => of(line, 'val_loss'));
  expect(epochs).toHaveLength(stopped);
  expect(stopped).toBeLessThan(200);
  expect(stopped - best).toBe(35);
  expect(losses[best - 1]).toBe(Math.min(...losses));
  expect(falls.length).toBeGreaterThanOrEqual(3);
  const last = of(epochs.at(-1)!, 'learning_rate');
  expect(last).toBeCloseTo(1e-3 * 0.5 ** falls.length, 12);
  expect(done).toMatchObject({ status: 'done', restored_epoch: best });

  const checkpoint = (which: string): string =>
    createHash('sha256')
      .update(
        readFileSync(
          join(project, 'runs', String(done['run']), 'checkpoints', `${which}.safetensors`),
        ),
      )
      .digest('hex');
  expect(checkpoint('last')).toBe(checkpoint('best'));
  const report = (
    await cli.json('evaluate', project, 'latest', '--split', 'validation', '--checkpoint', 'last')
  ).at(-1)!;
  expect(report['accuracy']).toBeCloseTo(of(epochs[best - 1]!, 'val_accuracy'), 6);
});
