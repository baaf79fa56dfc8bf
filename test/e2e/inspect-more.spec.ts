/** The Inspect screen: the film of a training, what excites a filter, and the map of images. */
import sharp from 'sharp';
import { expect, test } from './fixtures.ts';
import { colorsOf, levelsOf } from './canvas.ts';
import { showScreen } from './screens.ts';
import { ended, go, message, openSample, train } from './steps.ts';

test('inspect: the film, what excites a filter, and images as a map', async ({ app }) => {
  await openSample(app);
  await train(app, 3, 'filmed');
  await ended(app, 'Done');
  await go(app, 'Inspect');
  const filters = app.getByRole('listbox', { name: 'Filters of conv2d', exact: true });
  const tile = (filter: number) =>
    filters.getByRole('option', { name: new RegExp(`^Filter ${filter},`) }).locator('canvas');
  const slider = app.getByRole('slider', { name: 'Epoch of the film' });

  await test.step('the film begins before training and ends at the last weights', async () => {
    await app.getByRole('radio', { name: 'Last · epoch 3' }).check({ force: true });
    await app.getByRole('radio', { name: 'Kernel', exact: true }).check({ force: true });
    await expect(tile(4)).toBeVisible();
    const seen: string[] = [];
    for (const epoch of ['0', '1', '3']) {
      await slider.fill(epoch);
      await expect(
        app.getByText(epoch === '0' ? 'Before training' : `Epoch ${epoch}`, { exact: true }),
      ).toBeVisible();
      await expect.poll(async () => (await levelsOf(tile(4))).join()).not.toBe(seen.at(-1));
      seen.push((await levelsOf(tile(4))).join());
    }
    expect(new Set(seen).size).toBe(3);
    await showScreen(app, 'inspect-film');
    // The weights in numbers: the last frame is the last checkpoint.
    await filters.getByRole('option', { name: /^Filter 4,/ }).click();
    const weights = app.getByRole('table', { name: /^Weights of filter 4/ }).getByRole('cell');
    const filmed = await weights.allTextContents();
    await app.getByRole('button', { name: 'Back to the model' }).click();
    expect(await weights.allTextContents()).toEqual(filmed);
    await slider.fill('0');
    await expect.poll(() => weights.allTextContents()).not.toEqual(filmed);
    await app.getByRole('button', { name: 'Back to the model' }).click();
  });

  await test.step('images that excite a filter, strongest first', async () => {
    const images = app.getByRole('button', { name: /^Look at image #/ });
    await expect(images).toHaveCount(9, { timeout: 60_000 });
    const values = (await images.allTextContents()).map(Number);
    expect(values).toEqual(values.toSorted((a, b) => b - a));
    const name = (await images.first().getAttribute('aria-label'))!;
    await images.first().click();
    // Looked at, its largest answer is what the list says.
    await app.getByRole('radio', { name: 'Feature maps' }).check({ force: true });
    const map = app.getByRole('option', { name: /^Channel 4,/ });
    await expect
      .poll(async () => Number(/most ([\d.]+)/.exec((await map.getAttribute('aria-label'))!)?.[1]))
      .toBe(Number(/, ([\d.]+)$/.exec(name)![1]));
    await app.getByRole('radio', { name: 'Filters', exact: true }).check({ force: true });
  });

  await test.step('a picture made for a filter', async () => {
    await app.getByRole('button', { name: 'Make a picture' }).click();
    const made = app.getByRole('img', { name: 'What filter 4 wants to see' });
    await expect(made).toBeVisible({ timeout: 60_000 });
    await expect(app.getByRole('progressbar', { name: 'What filter 4 wants to see' })).toHaveCount(
      0,
      { timeout: 60_000 },
    );
    const levels = await colorsOf(made);
    expect(levels.length).toBe(28 * 28 * 3);
    expect(new Set(levels).size).toBeGreaterThan(10);
    await showScreen(app, 'inspect-neuron');
  });

  await test.step('its kernel slides over the picture in the workbench', async () => {
    const weights = app.getByRole('table', { name: /^Weights of filter 4/ }).getByRole('cell');
    const shown = (await weights.allTextContents()).map((cell) => Number(cell.replace('−', '-')));
    await app.getByRole('button', { name: 'Slide it over a picture' }).click();
    const fields = app.getByRole('group', { name: 'Kernel' }).getByRole('textbox');
    await expect(fields).toHaveCount(9);
    for (const [index, field] of (await fields.all()).entries()) {
      const value = Number((await field.inputValue()).replace('−', '-'));
      expect(Math.abs(value - shown[index]!)).toBeLessThan(0.011);
    }
    await expect(app.getByRole('img', { name: 'Output' })).toBeVisible();
    await go(app, 'Inspect');
  });

  await test.step('images as a map, coloured by their label', async () => {
    await app.getByRole('radio', { name: 'Image map' }).check({ force: true });
    const plane = app.getByRole('application', { name: /^Map of [\d,]+ images$/ });
    await expect(plane).toBeVisible({ timeout: 120_000 });
    await expect(app.getByRole('progressbar')).toHaveCount(0, { timeout: 120_000 });
    await showScreen(app, 'inspect-images');
    const saved = app.waitForEvent('download');
    await app.getByRole('button', { name: 'Save picture' }).first().click();
    const picture = await sharp(await (await saved).path()).stats();
    // Points and legend, in the classes' colours.
    expect(picture.entropy).toBeGreaterThan(0.05);
    const group = app.getByRole('button', { name: /^Trouser/ });
    const count = Number(/(\d+)$/.exec((await group.textContent())!.trim())![1]);
    await group.click();
    await expect(app.getByText(`${count} images selected`)).toBeVisible();
    await app.getByRole('button', { name: 'Clear', exact: true }).click();

    // Around everything: all of them.
    const box = (await plane.boundingBox())!;
    const corners = [
      [2, 2],
      [box.width - 2, 2],
      [box.width - 2, box.height - 2],
      [2, box.height - 2],
    ] as const;
    await app.mouse.move(box.x + 2, box.y + 2);
    await app.mouse.down();
    for (const [x, y] of corners) await app.mouse.move(box.x + x, box.y + y, { steps: 3 });
    await app.mouse.up();
    const all = /^Map of ([\d,]+) images$/.exec((await plane.getAttribute('aria-label'))!)![1]!;
    await expect(app.getByText(`${all} images selected`)).toBeVisible();
    await showScreen(app, 'inspect-lasso');
    await plane.focus();
    await app.keyboard.press('Escape');
    await expect(app.getByRole('heading', { name: 'Select by group' })).toBeVisible();
  });

  await test.step('by keyboard: a circle selects, the selected are labeled, and taken back', async () => {
    const plane = app.getByRole('application');
    await plane.focus();
    for (let press = 0; press < 8; press++) await app.keyboard.press('+');
    await app.keyboard.press('Enter');
    const heading = app.getByRole('heading', { name: /images selected$/ });
    await expect(heading).toBeVisible();
    const selected = (await heading.textContent())!.replace(' selected', '');
    await app.getByRole('button', { name: 'Label as…' }).click();
    await app.getByRole('combobox', { name: 'Find a class' }).fill('Bag');
    await app.getByRole('combobox', { name: 'Find a class' }).press('Enter');
    await expect(message(app, `${selected} labeled as Bag`)).toBeVisible();
    await app.keyboard.press('Escape');
    await app.getByRole('button', { name: 'Undo' }).click();
    await expect(message(app, `${selected} labeled as Bag`)).toHaveCount(0);
  });
});
