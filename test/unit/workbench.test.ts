/** The convolution workbench through the contract, as the window and the command line use it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestCore, type TestCore } from '../helpers/core.ts';
import { createProject } from '../helpers/training.ts';

let test: TestCore;

beforeAll(async () => {
  test = await createTestCore();
}, 60_000);
afterAll(() => test.close());

const bytesOf = async (file: Blob) => new Uint8Array(await file.arrayBuffer());

describe('the workbench', () => {
  it('slides numbers, with every step', async () => {
    const answer = await test.client.workbench.slide({
      input: { shape: [3], values: [2, 3, 2] },
      operation: { type: 'convolve', kernel: { shape: [3], values: [-1, 2, -1] }, flip: true },
      strides: [1],
      padding: 'full',
    });
    expect(answer.output).toEqual({ shape: [5], values: [-2, 1, 2, 1, -2] });
    expect([answer.before, answer.after]).toEqual([[2], [2]]);
    expect(answer.steps.windows[1]).toEqual([0, 2, 3]);
    expect(answer.steps.products[1]).toEqual([-0, 4, -3]);
    expect(answer.moved).toBeNull();
  });

  it('refuses numbers that do not fill their shape', async () => {
    const call = test.client.workbench.slide({
      input: { shape: [2, 2], values: [1, 2, 3] },
      operation: { type: 'pool', kind: 'max', window: [2, 2] },
      strides: [1, 1],
      padding: 'valid',
    });
    await expect(call).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('filters a picture of the library', async () => {
    const project = await createProject(test, 'squares', { train: 6, test: 2 });
    const [image] = (await test.client.library.images.ids({ project })) as [number];
    const picture = await test.client.workbench.picture({ project, image });
    const pixels = await bytesOf(picture.pixels);
    expect([picture.width, picture.height, pixels.length]).toEqual([28, 28, 784]);
    expect(new Set(pixels).size).toBeGreaterThan(1);
    const kernel = { shape: [3, 3], values: [0, 1, 0, 1, -4, 1, 0, 1, 0] };
    const filtered = await test.client.workbench.filter({
      pixels: picture.pixels,
      width: 28,
      height: 28,
      operation: { type: 'convolve', kernel, flip: true },
      strides: [1, 1],
      padding: 'valid',
      show: 'absolute',
    });
    expect([filtered.width, filtered.height]).toEqual([26, 26]);
    const values = new Float32Array(await filtered.values.arrayBuffer());
    const shown = await bytesOf(filtered.pixels);
    for (let y = 0; y < 26; y++) {
      for (let x = 0; x < 26; x++) {
        const at = (dy: number, dx: number) => pixels[(y + 1 + dy) * 28 + x + 1 + dx]!;
        const expected = at(-1, 0) + at(1, 0) + at(0, -1) + at(0, 1) - 4 * at(0, 0);
        expect(values[y * 26 + x]).toBe(expected);
        expect(shown[y * 26 + x]).toBe(Math.min(255, Math.abs(expected)));
      }
    }
    expect(filtered.least).toBe(Math.min(...values));
  });

  it('takes a dropped photo, in grey and no larger than it can show', async () => {
    const folder = join(test.folder, 'photos');
    mkdirSync(folder);
    const red = sharp({
      create: { width: 800, height: 400, channels: 3, background: { r: 255, g: 0, b: 0 } },
    });
    const file = await red.png().toBuffer();
    const picture = await test.client.workbench.picture({
      file: new File([new Uint8Array(file)], 'red.png'),
    });
    expect([picture.name, picture.width, picture.height]).toEqual(['red.png', 320, 160]);
    expect(new Set(await bytesOf(picture.pixels)).size).toBe(1);
    writeFileSync(join(folder, 'text.png'), 'no picture');
    await expect(
      test.client.workbench.picture({ file: join(folder, 'text.png') }),
    ).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
  });
});
