import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { augmentationSpec } from '#shared/augmentation.ts';
import { findAugmentation } from '#shared/augmentations/presets.ts';
import { createTestCore, type TestCore } from '../../helpers/core.ts';
import { createProject, trainRun } from '../../helpers/training.ts';

let test: TestCore;
let project: string;
let image: number;
const size = { height: 28, width: 28, channels: 1 as const };
const { spec } = findAugmentation('fashion-small-aug')!;

beforeAll(async () => {
  test = await createTestCore();
  project = await createProject(test, 'squares', { train: 60, test: 20 });
  [image] = (await test.client.library.images.ids({ project })) as [number];
}, 60_000);
afterAll(() => test.close());

async function preview(
  changes: Partial<Parameters<typeof test.client.augmentation.preview>[0]> = {},
) {
  const { pixels, drawn } = await test.client.augmentation.preview({
    project,
    image,
    spec,
    seed: 1,
    size,
    draws: [1, 2, 3, 4].map((epoch) => ({ epoch })),
    ...changes,
  });
  return { pixels: new Uint8Array(await pixels.arrayBuffer()), drawn };
}

describe('previews', () => {
  it('show the image as it is, then the draws', async () => {
    const { pixels, drawn } = await preview();
    expect(pixels.length).toBe(5 * 784);
    expect(drawn).toHaveLength(4);
    const original = pixels.subarray(0, 784);
    for (const [index, done] of drawn.entries()) {
      const expected = new Uint8Array(784);
      const shift = done.find(({ operation }) => operation === 1)!.value;
      const mirrored = done.some(({ operation }) => operation === 0);
      for (let y = 0; y < 28; y++) {
        for (let x = 0; x < 28; x++) {
          const from = Math.min(Math.max(y - shift, 0), 27) * 28 + (mirrored ? 27 - x : x);
          expected[y * 28 + x] = original[from]!;
        }
      }
      expect(pixels.subarray((index + 1) * 784, (index + 2) * 784)).toEqual(expected);
    }
  });

  it('follow seed, epoch and strength', async () => {
    const first = await preview();
    expect(await preview()).toEqual(first);
    expect((await preview({ seed: 2 })).drawn).not.toEqual(first.drawn);
    const ends = await preview({
      draws: [
        { epoch: 1, strength: 0 },
        { epoch: 1, strength: 1 },
      ],
    });
    expect(ends.drawn.map((done) => done.find(({ operation }) => operation === 1)?.value)).toEqual([
      -3, 3,
    ]);
  });

  it('mix in other images of the project', async () => {
    const mixing = augmentationSpec.parse({
      name: 'mix',
      operations: [{ type: 'mixup', alpha: 4 }],
    });
    const { pixels, drawn } = await preview({ spec: mixing });
    const share = drawn[0]![0]!.value;
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThan(1);
    expect(pixels.subarray(784, 1568)).not.toEqual(pixels.subarray(0, 784));
  });

  it('are refused for an image that is not there', async () => {
    await expect(preview({ image: 99_999 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('are written as PNG files', async () => {
    const directory = join(test.folder, 'draws');
    const { files } = await test.client.augmentation.write({
      ...{ project, image, spec, seed: 1, size, directory },
      count: 3,
    });
    expect(files).toHaveLength(4);
    const { pixels } = await preview();
    for (const [index, file] of files.entries()) {
      const { data } = await sharp(readFileSync(file)).grayscale().raw().toBuffer({
        resolveWithObject: true,
      });
      expect(new Uint8Array(data)).toEqual(pixels.slice(index * 784, (index + 1) * 784));
    }
  });
});

describe('what a project keeps', () => {
  it('is saved by name, the newest first, and removed', async () => {
    const { client } = test;
    await client.augmentation.save({ project, spec: { ...spec, name: 'mine' } });
    await client.augmentation.save({ project, spec: { ...spec, name: 'other' } });
    await client.augmentation.save({ project, spec: { ...spec, name: 'mine', fill: 'wrap' } });
    const kept = await client.augmentation.list({ project });
    expect(kept.map((one) => [one.spec.name, one.spec.fill])).toContainEqual(['mine', 'wrap']);
    expect(kept).toHaveLength(2);
    await client.augmentation.remove({ project, name: 'mine' });
    expect((await client.augmentation.list({ project })).map((one) => one.spec.name)).toEqual([
      'other',
    ]);
    await expect(client.augmentation.remove({ project, name: 'mine' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('training with it', () => {
  it('records it, differs from training without, and is checked by the model', async () => {
    const { client } = test;
    const plain = await trainRun(client, project, { epochs: 2 });
    const varied = await trainRun(client, project, { epochs: 2, augment: spec });
    const again = await trainRun(client, project, { epochs: 2, augment: spec });
    expect(varied.run.options.augment).toEqual(spec);
    const losses = ({ run }: typeof plain) => run.epochs.map(({ loss }) => loss);
    expect(losses(varied)).not.toEqual(losses(plain));
    expect(losses(again)).toEqual(losses(varied));

    const good = await trainRun(client, project, { epochs: 10, batch: 10 });
    const check = await client.augmentation.check({
      project,
      run: good.run.id,
      images: 40,
      spec: augmentationSpec.parse({
        name: 'x',
        operations: [
          { type: 'rotate', range: [0, 0] },
          { type: 'flip-vertical', probability: 0.1 },
          { type: 'brightness', range: [1, 1], on: false },
        ],
      }),
    });
    // Squares lie north, east, south or west: turned upside down, half of them are another class.
    expect(check.accuracy).toBeGreaterThan(0.9);
    expect(check.operations.map(({ operation }) => operation)).toEqual([0, 1]);
    expect(check.operations[0]!.accuracy).toBe(check.accuracy);
    expect(check.operations[1]!.accuracy).toBeLessThan(0.7);
  }, 60_000);
});
