/** The Augment screen: what is on its canvases, how it follows its settings, and what it warns of. */
import type { Locator, Page } from '@playwright/test';
import { writeIdx } from '../helpers/idx.ts';
import { join } from 'node:path';
import { levelsOf } from './canvas.ts';
import { expect, test } from './fixtures.ts';
import { showScreen } from './screens.ts';
import { chooseFolder, createProject, go, openSample } from './steps.ts';

const draws = (app: Page): Locator =>
  app.getByRole('figure', { name: 'What training sees' }).locator('canvas');

const original = (app: Page) =>
  levelsOf(app.getByRole('figure', { name: 'Original' }).locator('canvas'));
const allDraws = async (app: Page) => Promise.all((await draws(app).all()).map(levelsOf));

async function choosePreset(app: Page, name: string): Promise<void> {
  await app.getByRole('combobox', { name: /^Augmentation:/ }).click();
  await app.getByRole('option', { name: new RegExp(`^${name}`) }).click();
}

/** What mirroring and moving by whole pixels may make of a 28×28 image. */
function movedBy(image: number[], shift: number, mirrored: boolean): number[] {
  return Array.from({ length: 784 }, (_, at) => {
    const [y, x] = [Math.floor(at / 28), at % 28];
    const row = Math.min(Math.max(y - shift, 0), 27);
    return image[row * 28 + (mirrored ? 27 - x : x)]!;
  });
}

test('augment: draws on canvases follow the settings, and are kept', async ({ app }) => {
  await openSample(app);
  await go(app, 'Augment');
  await expect(draws(app)).toHaveCount(16);

  await test.step('sixteen draws of what training would do', async () => {
    await choosePreset(app, 'Fashion small, augmented');
    await expect(app.getByText('−3 px to +3 px, always')).toBeVisible();
    await expect(draws(app).first()).toHaveAccessibleName(/^Epoch 1: /);
    const image = await original(app);
    expect(new Set(image).size).toBeGreaterThan(10);
    const possible = [-3, -2, -1, 0, 1, 2, 3].flatMap((shift) =>
      [false, true].map((mirrored) => movedBy(image, shift, mirrored).join()),
    );
    const shown = (await allDraws(app)).map((draw) => draw.join());
    for (const draw of shown) expect(possible).toContain(draw);
    expect(new Set(shown).size).toBeGreaterThan(4);
    await showScreen(app, 'augment');
  });

  await test.step('a slider changes them at once, and only what it is for', async () => {
    const before = await allDraws(app);
    await app.getByRole('button', { name: /^Shift up and down/ }).click();
    const most = app.getByRole('slider', { name: 'Shift up and down: to' });
    await most.focus();
    for (let press = 0; press < 5; press++) await app.keyboard.press('ArrowRight');
    await expect(app.getByText('−3 px to +8 px, always')).toBeVisible();
    await expect.poll(async () => (await allDraws(app)).join()).not.toBe(before.join());
    await expect(
      app.getByRole('list', { name: /^Shift up and down from/ }).locator('canvas'),
    ).toHaveCount(7);
    await showScreen(app, 'augment-operation');
  });

  await test.step('switched off, the images are as they are', async () => {
    for (const name of ['Mirror left–right', 'Shift up and down']) {
      await app.getByRole('switch', { name }).uncheck({ force: true });
    }
    const image = (await original(app)).join();
    await expect
      .poll(async () => new Set((await allDraws(app)).map((draw) => draw.join())))
      .toEqual(new Set([image]));
    await app.getByRole('switch', { name: 'Mirror left–right' }).check({ force: true });
  });

  await test.step('other epochs and another seed draw anew', async () => {
    await expect.poll(async () => new Set((await allDraws(app)).map(String)).size).toBe(2);
    const first = (await allDraws(app)).join();
    await app.getByRole('button', { name: 'Later epochs' }).click();
    await expect(app.getByText('Epochs 17 to 32', { exact: true })).toBeVisible();
    await expect.poll(async () => (await allDraws(app)).join()).not.toBe(first);
    await app.getByRole('button', { name: 'Earlier epochs' }).click();
    await expect.poll(async () => (await allDraws(app)).join()).toBe(first);
    await app.getByRole('button', { name: /^Redraw/ }).click();
    await expect.poll(async () => (await allDraws(app)).join()).not.toBe(first);
  });

  await test.step('what was changed is the project’s own, also after a restart of the page', async () => {
    await expect(app.getByRole('button', { name: 'Delete this augmentation' })).toBeVisible();
    await app.reload();
    await go(app, 'Augment');
    await expect(
      app.getByRole('combobox', { name: 'Augmentation: Fashion small, augmented (changed)' }),
    ).toBeVisible();
    await app.getByRole('button', { name: 'Train with this' }).click();
    await expect(
      app.getByRole('combobox', { name: 'Augmentation: Fashion small, augmented (changed)' }),
    ).toBeVisible();
  });
});

test('augment: warns of mirrored digits, and can be overruled', async ({ app, folders }) => {
  const source = join(folders.root, 'digits');
  writeIdx(source, { train: 60, test: 20, classes: 3 });
  await createProject(app, 'Digits');
  await app.getByRole('button', { name: 'Import folder…' }).first().click();
  await chooseFolder(app, source);
  const dialog = app.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Class names' }).fill('1\n2\n3');
  await dialog.getByRole('button', { name: /^Import [\d,]+ images$/ }).click();
  await expect(app.getByText(/images imported/)).toBeVisible({ timeout: 30_000 });
  await go(app, 'Augment');
  await expect(app.getByRole('combobox', { name: 'Augmentation: Digits and text' })).toBeVisible();
  const warning = app.getByText(/^The classes are characters/);
  await expect(warning).toHaveCount(0);
  await choosePreset(app, 'Clothing and small objects');
  await expect(warning).toHaveCount(1);
  await showScreen(app, 'augment-warning');
  await app.getByRole('button', { name: 'Fine here' }).click();
  await expect(warning).toHaveCount(0);
});
