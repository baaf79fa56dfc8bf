/** Training charts as one looks closer, and what of a run can be handed on: charts and its report. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Download, Locator, Page } from '@playwright/test';
import { writeIdx } from '../helpers/idx.ts';
import { expect, test } from './fixtures.ts';
import { showScreen } from './screens.ts';
import { chooseFolder, createProject, ended, go, train } from './steps.ts';

const chart = (app: Page, name: RegExp): Locator => app.getByRole('figure', { name });

/** What is drawn on a chart's canvas, as text to compare. */
const drawn = (app: Page, name: RegExp): Promise<string> =>
  chart(app, name)
    .locator('canvas')
    .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());

const epochs = (app: Page): Promise<string[]> =>
  chart(app, /^Loss/).getByRole('rowheader').allInnerTexts();

async function download(app: Page, press: () => Promise<void>): Promise<Download> {
  const coming = app.waitForEvent('download');
  await press();
  return await coming;
}

async function fileOf(coming: Download): Promise<Buffer> {
  return readFileSync(await coming.path());
}

test('charts: zoomed, smoothed, saved; and the report of a run', async ({ app, folders }) => {
  const source = join(folders.root, 'squares');
  writeIdx(source, { train: 300, test: 60, classes: 3 });
  await createProject(app, 'Squares');
  await app.getByRole('button', { name: 'Import folder…' }).first().click();
  await chooseFolder(app, source);
  const dialog = app.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Class names' }).fill('north\neast\nsouth');
  await dialog.getByRole('button', { name: /^Import [\d,]+ images$/ }).click();
  await expect(app.getByText(/images imported/)).toBeVisible({ timeout: 30_000 });
  await train(app, 12, 'twelve epochs');
  await ended(app, 'Done');
  await expect.poll(() => epochs(app)).toHaveLength(12);

  await test.step('drag over epochs to see them alone, double-click for all', async () => {
    const before = await drawn(app, /^Loss/);
    const canvas = chart(app, /^Loss/).locator('canvas');
    const box = (await canvas.boundingBox())!;
    const across = (share: number) => box.x + 40 + share * (box.width - 130);
    await app.mouse.move(across(0.3), box.y + 60);
    await app.mouse.down();
    await app.mouse.move(across(0.7), box.y + 60, { steps: 5 });
    await app.mouse.up();
    await expect.poll(async () => (await epochs(app)).length).toBeLessThan(9);
    expect(await drawn(app, /^Loss/)).not.toBe(before);
    // Both charts show the same epochs.
    const other = chart(app, /^Accuracy/).getByRole('rowheader');
    expect(await other.count()).toBe((await epochs(app)).length);
    await showScreen(app, 'charts-zoomed');
    await canvas.dblclick();
    await expect.poll(() => epochs(app)).toHaveLength(12);
    await app.getByRole('button', { name: 'Fewer epochs' }).click();
    await expect.poll(async () => (await epochs(app)).length).toBeLessThan(9);
    await app.getByRole('button', { name: 'All epochs' }).click();
    await expect.poll(() => epochs(app)).toHaveLength(12);
  });

  await test.step('smoothing changes what is drawn, not what is said', async () => {
    const [before, cells] = [await drawn(app, /^Accuracy/), chart(app, /^Loss/).getByRole('cell')];
    const said = await cells.allInnerTexts();
    await app.getByRole('slider', { name: 'Smoothing' }).focus();
    for (let press = 0; press < 12; press++) await app.keyboard.press('ArrowRight');
    await expect.poll(() => drawn(app, /^Accuracy/)).not.toBe(before);
    expect(await cells.allInnerTexts()).toEqual(said);
  });

  await test.step('the loss in powers of ten', async () => {
    const before = await drawn(app, /^Loss/);
    await app.getByText('Loss in powers of ten').click();
    await expect.poll(() => drawn(app, /^Loss/)).not.toBe(before);
    await showScreen(app, 'charts-smoothed-log');
  });

  const save = (button: string, kind: RegExp) =>
    download(app, async () => {
      await app.getByRole('button', { name: button }).click();
      await app.getByRole('menuitem', { name: kind }).click();
    });

  await test.step('charts as files', async () => {
    const rows = (await fileOf(await save('Save charts', /CSV/))).toString().trim().split('\r\n');
    expect(rows[0]).toBe(
      '"epoch","Loss, training","Loss, validation","Accuracy, training","Accuracy, validation"',
    );
    expect(rows).toHaveLength(13);
    const shown = await chart(app, /^Loss/).getByRole('cell').first().innerText();
    expect(Number(rows[1]!.split(',')[1])).toBeCloseTo(Number(shown), 1);
    const svg = (await fileOf(await save('Save charts', /SVG/))).toString();
    expect(svg).toMatch(/^<svg xmlns/);
    expect(svg).toContain('>training</text>');
    const png = await fileOf(await save('Save charts', /PNG/));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1440, 840]);
  });

  await test.step('the report of the run', async () => {
    await go(app, 'Evaluate');
    await app.getByRole('main').getByRole('button', { name: 'Evaluate', exact: true }).click();
    await expect(app.getByRole('grid', { name: /Confusion matrix/ })).toBeVisible({
      timeout: 60_000,
    });
    const page = await save('Save report…', /HTML/);
    expect(page.suggestedFilename()).toBe('twelve-epochs-test.html');
    const html = (await fileOf(page)).toString();
    expect(html).toContain('<h1>twelve epochs</h1>');
    expect(html).toContain('How well it does on 60 test images');
    const pdf = await save('Save report…', /PDF/);
    expect((await fileOf(pdf)).subarray(0, 5).toString()).toBe('%PDF-');
  });
});
