/** More from few labels: a learning curve, honest validation, labels that are likely wrong, mended. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import sharp from 'sharp';
import { writeIdx } from '../helpers/idx.ts';
import { expect, test } from './fixtures.ts';
import { showScreen } from './screens.ts';
import { chooseFolder, createProject, go } from './steps.ts';

const wrong = [4, 13, 20, 37, 51];

async function startProject(app: Page, root: string, epochs: string): Promise<void> {
  const source = join(root, 'squares');
  writeIdx(source, { train: 160, test: 60, classes: 4, wrong });
  await createProject(app, 'Squares');
  await app.getByRole('button', { name: 'Import folder…' }).first().click();
  await chooseFolder(app, source);
  const dialog = app.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Class names' }).fill('north\neast\nsouth\nwest');
  await dialog.getByRole('button', { name: /^Import [\d,]+ images$/ }).click();
  await expect(app.getByText(/images imported/)).toBeVisible({ timeout: 30_000 });
  await go(app, 'Train');
  await app.getByRole('radio', { name: /^Fashion small(?!,)/ }).check({ force: true });
  await app.getByRole('textbox', { name: 'Epochs' }).fill(epochs);
}

/** How many pixels of a canvas have about this colour. */
async function coloured(canvas: Locator, token: string): Promise<number> {
  return canvas.evaluate((element, name) => {
    const of = element as HTMLCanvasElement;
    const probe = document.createElement('canvas').getContext('2d')!;
    probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name);
    probe.fillRect(0, 0, 1, 1);
    const [r = 0, g = 0, b = 0] = probe.getImageData(0, 0, 1, 1).data;
    const { data } = of.getContext('2d')!.getImageData(0, 0, of.width, of.height);
    let found = 0;
    for (let at = 0; at < data.length; at += 4) {
      const near =
        Math.abs(data[at]! - r) + Math.abs(data[at + 1]! - g) + Math.abs(data[at + 2]! - b) < 12;
      if (near && data[at + 3]! > 200) found++;
    }
    return found;
  }, token);
}

test('a learning curve: taught, trained, drawn, saved', async ({ app, folders }) => {
  test.setTimeout(240_000);
  await startProject(app, folders.root, '3');
  await app.getByRole('button', { name: 'New study' }).click();
  await expect(app.getByText(/whether labeling on is worth it/)).toBeVisible();
  await showScreen(app, 'study-new');

  await app.getByRole('textbox', { name: 'Labels' }).fill('20, few');
  await expect(app.getByText(/Give whole numbers/)).toBeVisible();
  await expect(app.getByRole('button', { name: 'Start the study' })).toBeDisabled();
  await app.getByRole('textbox', { name: 'Labels' }).fill('20, 40, 80, 160');
  await app.getByRole('textbox', { name: 'Trainings for each' }).fill('2');
  await app.getByRole('textbox', { name: 'Trainings for each' }).press('Tab');
  await expect(app.getByText(/^16 trainings/)).toBeVisible();
  await app.getByRole('button', { name: 'Start the study' }).click();

  await test.step('cancel keeps what was measured, and it goes on', async () => {
    await expect(app.getByText(/^Training [4-9] of 16/)).toBeVisible({ timeout: 90_000 });
    await app.getByRole('main').getByRole('button', { name: 'Cancel', exact: true }).click();
    await expect(app.getByText(/^Cancelled after \d+ of 16 trainings/)).toBeVisible();
    await app.getByRole('button', { name: 'Go on' }).click();
  });
  await expect(app.getByText(/^16 trainings in /)).toBeVisible({ timeout: 150_000 });
  await expect(app.getByText(/^With twice the labels \(320\) expect about/)).toBeVisible();
  const chart = app.getByRole('figure', { name: /^Accuracy by number of labels/ });
  const canvas = chart.locator('canvas');
  expect(await coloured(canvas, '--series-1')).toBeGreaterThan(150);
  expect(await coloured(canvas, '--series-2')).toBeGreaterThan(30);
  await showScreen(app, 'study-curve');

  const table = app.getByRole('table', { name: 'Accuracy by number of labels' });
  await expect(table.getByRole('row')).toHaveCount(1 + 8);
  const [csv] = await Promise.all([
    app.waitForEvent('download'),
    app.getByRole('button', { name: 'Save CSV' }).click(),
  ]);
  const lines = readFileSync(await csv.path(), 'utf8')
    .trim()
    .split('\n');
  expect(lines).toHaveLength(1 + 16);
  const [png] = await Promise.all([
    app.waitForEvent('download'),
    app.getByRole('button', { name: 'Save chart' }).click(),
  ]);
  const { width, height, channels } = await sharp(await png.path()).metadata();
  expect(width).toBeGreaterThan(500);
  expect(height).toBeGreaterThan(200);
  expect(channels).toBeGreaterThanOrEqual(3);

  // Its trainings are in no list of runs, and the study goes with its records.
  await expect(app.getByRole('main').getByText(/^No runs yet/)).toBeVisible();
  await app.getByRole('button', { name: 'Delete study' }).click();
  await app.getByRole('dialog').getByRole('button', { name: 'Delete study' }).click();
  await expect(app.getByRole('list', { name: 'Studies' })).toBeHidden();
});

test('wrong labels: found by folds, mended, trained again, compared', async ({ app, folders }) => {
  test.setTimeout(240_000);
  await startProject(app, folders.root, '8');
  await app.getByRole('button', { name: 'Start training' }).click();
  const ended = () => expect(app.getByRole('main').getByRole('img', { name: 'Done' }).first());
  await ended().toBeVisible({ timeout: 60_000 });

  await app.getByRole('button', { name: 'New study' }).click();
  await app.getByText('Honest validation', { exact: true }).click();
  await expect(app.getByText(/judged by a model that never saw it/)).toBeVisible();
  await app.getByRole('textbox', { name: 'Parts' }).fill('4');
  await app.getByRole('textbox', { name: 'Parts' }).press('Tab');
  await app.getByRole('button', { name: 'Start the study' }).click();
  await expect(app.getByText(/^4 trainings in /)).toBeVisible({ timeout: 120_000 });
  await expect(app.getByText(/^on 160 images: ±/)).toBeVisible();
  await showScreen(app, 'study-folds');

  await test.step('the library says so too', async () => {
    await go(app, 'Library');
    const health = app.getByRole('listitem').filter({ hasText: /labels are likely wrong/ });
    await expect(health).toBeVisible({ timeout: 20_000 });
    await health.getByRole('button', { name: 'Review' }).click();
  });
  await expect(app.getByRole('heading', { name: 'Labels that are likely wrong' })).toBeVisible();
  const tiles = app
    .getByRole('main')
    .getByRole('listitem')
    .filter({ hasText: /^labeled|labeled / });
  await expect(tiles).toHaveCount(wrong.length);
  await showScreen(app, 'suspects');

  await test.step('mended in place, and taken back', async () => {
    const first = tiles.first();
    const button = first.getByRole('button', { name: /^Label / });
    const name = (await button.textContent())!.trim().replace('Label ', '');
    await button.click();
    await expect(first.getByText(`now ${name}`)).toBeVisible();
    await app
      .getByRole('region', { name: 'Messages' })
      .getByRole('button', { name: 'Undo' })
      .click();
    await expect(first.getByRole('button', { name: /^Label / })).toBeVisible();
    for (let at = 0; at < wrong.length; at++) {
      await tiles
        .nth(at)
        .getByRole('button', { name: /^Label / })
        .click();
      await expect(tiles.nth(at).getByText(/^now /)).toBeVisible();
    }
    await expect(app.getByText(/^5 labels changed/)).toBeVisible();
  });

  await test.step('trained again, the difference is told class by class', async () => {
    await app.getByRole('button', { name: 'Train again' }).click();
    await expect(
      app.getByText(/trained on older labels|5 older labels|older/).first(),
    ).toBeVisible();
    await app.getByRole('button', { name: 'Start training' }).click();
    await ended().toBeVisible({ timeout: 60_000 });
    await app.getByRole('main').getByRole('button', { name: 'Evaluate', exact: true }).click();
    await expect(app.getByRole('heading', { name: /^Evaluate/, level: 1 })).toBeVisible();
    await app.getByRole('main').getByRole('button', { name: 'Evaluate', exact: true }).click();
    await expect(app.getByRole('grid', { name: /Confusion matrix/ })).toBeVisible({
      timeout: 60_000,
    });
    await app.getByRole('combobox', { name: 'Compare with' }).click();
    await app.getByRole('option', { name: /Fashion small/ }).click();
    await expect(app.getByText(/^Against Fashion small: /)).toBeVisible({ timeout: 60_000 });
    await expect(app.getByRole('columnheader', { name: 'Change' })).toBeVisible();
    await showScreen(app, 'compare-classes');
  });
});
