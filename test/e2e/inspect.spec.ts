/** The Inspect screen: what is on its canvases is what the trained model's weights make of a picture. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import sharp from 'sharp';
import { decodeSafetensors } from '../../src/main/core/engine/checkpoint/safetensors.ts';
import { colorOf } from '../../src/shared/color-maps.ts';
import { colorsOf, levelsOf } from './canvas.ts';
import { expect, test } from './fixtures.ts';
import { showScreen } from './screens.ts';
import { ended, go, message, openSample, train } from './steps.ts';

const grid = (app: Page, name: RegExp): Locator => app.getByRole('listbox', { name });
const tiles = (app: Page, name: RegExp): Locator => grid(app, name).getByRole('option');
const tile = (app: Page, name: RegExp, item: RegExp): Locator =>
  grid(app, name).getByRole('option', { name: item }).locator('canvas');
const layer = (app: Page, name: RegExp): Locator =>
  app.getByRole('radiogroup', { name: 'Layers of the network' }).getByRole('radio', { name });
const show = (app: Page, view: string) =>
  app.getByRole('radio', { name: view, exact: true }).check({ force: true });

async function choose(app: Page, box: RegExp, name: string): Promise<void> {
  await app.getByRole('combobox', { name: box }).click();
  await app.getByRole('option', { name, exact: true }).click();
}

/** A run's weights, as its checkpoint has them. */
function weightsIn(root: string) {
  const file = readdirSync(root, { recursive: true, encoding: 'utf8' }).find((path) =>
    path.endsWith(join('checkpoints', 'best.safetensors')),
  );
  const { tensors } = decodeSafetensors(readFileSync(join(root, file!)), file!);
  return (name: string): Float32Array => tensors.get(name)!.data;
}

/** What a first 3×3 convolution and ReLU make of a grey 28×28 picture: 26×26 numbers. */
function firstMap(picture: number[], kernel: Float32Array, bias: number): number[] {
  return Array.from({ length: 26 * 26 }, (_, at) => {
    const [y, x] = [Math.floor(at / 26), at % 26];
    let sum = bias;
    for (let i = 0; i < 9; i++) {
      sum += kernel[i]! * (picture[(y + Math.floor(i / 3)) * 28 + x + (i % 3)]! / 255);
    }
    return Math.max(0, sum);
  });
}

/** Less the mean, divided by the deviation, × 64 + 128, in viridis. */
function standardColors(map: number[]): number[] {
  const mean = map.reduce((sum, value) => sum + value, 0) / map.length;
  const deviation = Math.sqrt(
    map.reduce((sum, value) => sum + (value - mean) ** 2, 0) / map.length,
  );
  return map.flatMap((value) => [...colorOf('viridis', ((value - mean) / deviation) * 64 + 128)]);
}

const worst = (found: number[], expected: number[]): number => {
  expect(found.length).toBe(expected.length);
  return Math.max(...found.map((value, at) => Math.abs(value - expected[at]!)));
};

test('inspect: without a model it says what to do', async ({ app }) => {
  await openSample(app);
  await go(app, 'Inspect');
  await expect(app.getByRole('heading', { name: 'Nothing to look into yet' })).toBeVisible();
  await showScreen(app, 'inspect-empty');
  await app.getByRole('button', { name: 'Train a model' }).click();
  await expect(app.getByRole('button', { name: 'Start training' })).toBeVisible();
});

test('inspect: filters and feature maps are those of the trained model', async ({
  app,
  folders,
}) => {
  await openSample(app);
  await train(app, 2, 'looked into');
  await ended(app, 'Done');
  await go(app, 'Inspect');
  const weights = weightsIn(folders.projectsDir);
  const kernels = weights('conv2d/kernel');
  const filters = /^Filters of conv2d$/;

  await test.step('every filter of the first layer, dark to bright over the layer', async () => {
    await expect(tiles(app, filters)).toHaveCount(32);
    const [least, most] = [Math.min(...kernels), Math.max(...kernels)];
    for (const filter of [0, 7, 31]) {
      const expected = [...kernels.subarray(filter * 9, filter * 9 + 9)].map(
        (weight) => ((weight - least) / (most - least)) * 255,
      );
      const shown = await levelsOf(tile(app, filters, new RegExp(`^Filter ${filter},`)));
      expect(worst(shown, expected)).toBeLessThanOrEqual(0.51);
    }
    await showScreen(app, 'inspect-filters');
  });

  await test.step('zero in the middle, grey there, blue below and red above', async () => {
    await app.getByRole('radio', { name: 'Around 0' }).check({ force: true });
    const size = Math.max(...kernels.map(Math.abs));
    const expected = [...kernels.subarray(0, 9)].flatMap((weight) => [
      ...colorOf('diverging', ((weight / size) * 0.5 + 0.5) * 255),
    ]);
    await expect
      .poll(async () => worst(await colorsOf(tile(app, filters, /^Filter 0,/)), expected))
      .toBeLessThanOrEqual(3);
  });

  await test.step('a filter’s weights in numbers, by mouse and by keyboard', async () => {
    await tiles(app, filters)
      .filter({ has: app.locator('canvas') })
      .first()
      .click();
    const cells = app.getByRole('table', { name: 'Weights of filter 0 at input channel 0' });
    const shown = (await cells.getByRole('cell').allTextContents()).map((cell) =>
      Number(cell.replace('−', '-')),
    );
    expect(worst(shown, [...kernels.subarray(0, 9)])).toBeLessThanOrEqual(0.0051);
    await grid(app, filters).focus();
    await app.keyboard.press('ArrowRight');
    await expect(app.getByRole('heading', { name: 'Filter 1', exact: true })).toBeVisible();
    await showScreen(app, 'inspect-filter');
  });

  await test.step('strongest first, the first sixteen, other layers and channels', async () => {
    const norms = Array.from({ length: 32 }, (_, filter) =>
      Math.hypot(...kernels.subarray(filter * 9, filter * 9 + 9)),
    );
    await choose(app, /^Order/, 'Strongest first');
    const strongest = norms.indexOf(Math.max(...norms));
    await expect(tiles(app, filters).first()).toHaveAccessibleName(
      new RegExp(`^Filter ${strongest},`),
    );
    await app.getByRole('radio', { name: 'First 16' }).check({ force: true });
    await expect(tiles(app, filters)).toHaveCount(16);
    await app.getByRole('radio', { name: 'All 32' }).check({ force: true });
    await layer(app, /^conv2d_1:/).click();
    const second = /^Filters of conv2d_1$/;
    await expect(tiles(app, second).first()).toBeVisible();
    await choose(app, /^Input channel/, '5 of 31');
    await app.getByRole('radio', { name: 'Layer', exact: true }).check({ force: true });
    const all = weights('conv2d_1/kernel');
    let [least, most] = [Infinity, -Infinity];
    for (const weight of all) [least, most] = [Math.min(least, weight), Math.max(most, weight)];
    const expected = [...all.subarray((3 * 32 + 5) * 9, (3 * 32 + 6) * 9)].map(
      (weight) => ((weight - least) / (most - least)) * 255,
    );
    await expect
      .poll(async () => worst(await levelsOf(tile(app, second, /^Filter 3,/)), expected))
      .toBeLessThanOrEqual(0.51);
    await showScreen(app, 'inspect-filters-deep');
  });

  const maps = /^Feature maps of conv2d$/;
  const picture = () => levelsOf(app.getByRole('img', { name: 'First picture' }));
  const expectedMap = async (filter: number): Promise<number[]> =>
    firstMap(
      await picture(),
      kernels.subarray(filter * 9, filter * 9 + 9),
      weights('conv2d/bias')[filter]!,
    );

  await test.step('feature maps are what the weights make of the picture', async () => {
    await layer(app, /^conv2d:/).click();
    await show(app, 'Feature maps');
    await expect(tiles(app, maps)).toHaveCount(32);
    for (const channel of [2, 11, 30]) {
      const shown = await colorsOf(tile(app, maps, new RegExp(`^Channel ${channel},`)));
      expect(worst(shown, standardColors(await expectedMap(channel)))).toBeLessThanOrEqual(4);
    }
    await showScreen(app, 'inspect-maps');
  });

  await test.step('another picture has others', async () => {
    const before = await colorsOf(tile(app, maps, /^Channel 2,/));
    await app
      .getByRole('button', { name: /^Show #/ })
      .nth(5)
      .click();
    await expect
      .poll(async () => (await colorsOf(tile(app, maps, /^Channel 2,/))).join())
      .not.toBe(before.join());
    await expect
      .poll(async () =>
        worst(await colorsOf(tile(app, maps, /^Channel 2,/)), standardColors(await expectedMap(2))),
      )
      .toBeLessThanOrEqual(4);
  });

  await test.step('one map large, over the picture', async () => {
    await grid(app, maps)
      .getByRole('option', { name: /^Channel 2,/ })
      .click();
    const large = app.getByRole('img', { name: 'Channel 2 over the picture' });
    await expect(large).toBeVisible();
    await app.getByRole('slider', { name: /^Map over picture/ }).fill('0');
    const seen = await picture();
    await expect.poll(async () => new Set(await levelsOf(large)).size).toBe(new Set(seen).size);
    await app.getByRole('slider', { name: /^Map over picture/ }).fill('1');
    const map = await expectedMap(2);
    const [least, most] = [Math.min(...map), Math.max(...map)];
    const first = colorOf('viridis', ((map[0]! - least) / (most - least)) * 255);
    await expect
      .poll(async () => worst((await colorsOf(large)).slice(0, 3), [...first]))
      .toBeLessThanOrEqual(4);
    await showScreen(app, 'inspect-map');
  });

  await test.step('two pictures side by side', async () => {
    await app.getByRole('radio', { name: 'Two pictures' }).check({ force: true });
    const second = /^Feature maps of conv2d, second picture$/;
    await expect(tiles(app, second)).toHaveCount(32);
    expect(await colorsOf(tile(app, second, /^Channel 2,/))).not.toEqual(
      await colorsOf(tile(app, maps, /^Channel 2,/)),
    );
    await app
      .getByRole('button', { name: /^Show #/ })
      .nth(5)
      .click();
    await expect
      .poll(async () => (await colorsOf(tile(app, second, /^Channel 2,/))).join())
      .toBe((await colorsOf(tile(app, maps, /^Channel 2,/))).join());
    await app
      .getByRole('button', { name: /^Show #/ })
      .nth(2)
      .click();
    await showScreen(app, 'inspect-two');
    await app.getByRole('radio', { name: 'One picture' }).check({ force: true });
  });

  await test.step('a drawing is looked at like any picture', async () => {
    await app.getByRole('button', { name: 'Draw', exact: true }).click();
    const area = app.getByLabel('Drawing area');
    const box = (await area.boundingBox())!;
    await app.mouse.move(box.x + 60, box.y + 140);
    await app.mouse.down();
    await app.mouse.move(box.x + 220, box.y + 140, { steps: 4 });
    await app.mouse.up();
    await showScreen(app, 'inspect-draw');
    await app.getByRole('button', { name: 'Look at it' }).click();
    await expect
      .poll(async () => {
        const levels = await picture();
        // The middle of the line, beside its end, and above it.
        return [14 * 28 + 14, 14 * 28 + 1, 3 * 28 + 14].map((at) => levels[at]! > 128);
      })
      .toEqual([true, false, false]);
  });

  await test.step('the sheet of maps is saved as a picture', async () => {
    const download = app.waitForEvent('download');
    await app.getByRole('button', { name: 'Save picture' }).first().click();
    const file = await (await download).path();
    const { width, height } = await sharp(file).metadata();
    // 6 × 6 tiles of 26 pixels, each three times as large, with gaps of 4.
    expect([width, height]).toEqual([6 * 82 + 4, 6 * 82 + 4]);
  });
});

test('inspect: from a mistake to where the model looks, and relabeled there', async ({ app }) => {
  await openSample(app);
  await train(app, 2, 'mistaken');
  await ended(app, 'Done');
  await go(app, 'Evaluate');
  await app.getByRole('main').getByRole('button', { name: 'Evaluate', exact: true }).click();
  await app.getByRole('button', { name: /^See all [\d,]+ mistakes$/ }).click({ timeout: 60_000 });
  await app
    .getByRole('button', { name: /^Why it says so of / })
    .first()
    .click();

  const maps = app.getByRole('figure', { name: /^What speaks for / });
  const canvas = (index: number) => maps.nth(index).getByRole('img');
  const cover = app.getByRole('slider', { name: 'Map over picture' });
  const seen = () => levelsOf(app.getByRole('img', { name: 'The picture as the model sees it' }));

  await test.step('the answer and the label side by side, by Grad-CAM', async () => {
    // A mistake: what it says is not what the label says.
    await expect(maps).toHaveCount(2);
    const names = await maps.getByRole('heading').allTextContents();
    expect(names[0]).not.toBe(names[1]);
    expect(await colorsOf(canvas(0))).not.toEqual(await colorsOf(canvas(1)));
    await showScreen(app, 'inspect-why');
  });

  await test.step('the map over the picture, from nothing to all', async () => {
    await cover.fill('0');
    const picture = await seen();
    const enlarged = 448 / 28;
    await expect
      .poll(async () => {
        const shown = await levelsOf(canvas(0));
        return picture.every((level, at) => {
          const [row, column] = [Math.floor(at / 28), at % 28];
          return shown[row * enlarged * 448 + column * enlarged] === level;
        });
      })
      .toBe(true);
    await cover.fill('1');
    const brightest = colorOf('viridis', 255);
    await expect
      .poll(async () => {
        const shown = await colorsOf(canvas(0));
        return shown.some((red, at) => at % 3 === 0 && red > 240 && shown[at + 1]! > 220);
      })
      .toBe(true);
    expect([...brightest]).toEqual([253, 231, 37]);
    await cover.fill('0.6');
  });

  await test.step('covering it place by place', async () => {
    const before = (await colorsOf(canvas(0))).join();
    await app.getByRole('radio', { name: 'Covering' }).check({ force: true });
    await expect.poll(async () => (await colorsOf(canvas(0))).join()).not.toBe(before);
    await expect(maps.getByRole('progressbar')).toHaveCount(0);
    await showScreen(app, 'inspect-occlusion');
  });

  await test.step('pixel by pixel, for a class that is asked for', async () => {
    await app.getByRole('radio', { name: 'Pixels', exact: true }).check({ force: true });
    await app.getByRole('combobox', { name: /^For/ }).click();
    await app.getByRole('option', { name: /^Bag / }).click();
    await expect(maps.first().getByRole('heading')).toHaveText('Why Bag?');
    await showScreen(app, 'inspect-saliency');
  });

  await test.step('the next mistake, relabeled in place, and taken back', async () => {
    const first = await seen();
    await app.getByRole('button', { name: 'Next picture' }).click();
    await expect.poll(async () => (await seen()).join()).not.toBe(first.join());
    await app.getByRole('button', { name: 'Change label…' }).click();
    await app.getByRole('combobox', { name: 'Find a class' }).fill('Bag');
    await app.getByRole('option', { name: /^Bag/ }).click();
    await expect(message(app, 'Labeled as Bag')).toBeVisible();
    await go(app, 'Train');
    await expect(app.getByText(/^trained on older labels/)).toHaveCount(0);
    await app.getByRole('button', { name: 'Undo' }).click();
    await expect(message(app, 'Labeled as Bag')).toHaveCount(0);
  });

  await test.step('a picture found among the mistakes of a class', async () => {
    await go(app, 'Inspect');
    const before = (await seen()).join();
    await app.getByRole('button', { name: 'Find an image…' }).click();
    const dialog = app.getByRole('dialog', { name: 'Pictures of the library' });
    const total = async () =>
      Number(/of ([\d,]+) /.exec(await dialog.locator('.total').innerText())![1]!.replace(',', ''));
    await expect.poll(total).toBeGreaterThan(0);
    const all = await total();
    await dialog.getByRole('checkbox', { name: 'Wrong only' }).check();
    await expect.poll(total).toBeLessThan(all);
    const wrong = await total();
    await dialog.getByRole('combobox', { name: /^Class/ }).click();
    await app.getByRole('option', { name: 'Shirt', exact: true }).click();
    await expect.poll(total).toBeLessThan(wrong);
    await showScreen(app, 'image-picker');
    await dialog.getByRole('list').getByRole('button').last().click();
    await expect.poll(async () => (await seen()).join()).not.toBe(before);
  });
});
