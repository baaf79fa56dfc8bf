/** Ways in besides a folder of pictures, and what must survive. */
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { writeIdx } from '../helpers/idx.ts';
import { expect, test } from './fixtures.ts';
import { drawShape } from './pictures.ts';
import { startServerProcess } from './server-process.ts';
import { chooseFolder, classRow, createProject, go, message, tile } from './steps.ts';

/** Drops files on the window, as a file manager does: loose files, each with its bytes. */
async function dropFiles(app: Page, files: { name: string; bytes: Buffer }[]): Promise<void> {
  const transfer = await app.evaluateHandle(
    (list) => {
      const data = new DataTransfer();
      for (const { name, base64 } of list) {
        const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
        data.items.add(new File([bytes], name, { type: 'image/png' }));
      }
      return data;
    },
    files.map(({ name, bytes }) => ({ name, base64: bytes.toString('base64') })),
  );
  const target = app.getByRole('main');
  await target.dispatchEvent('dragenter', { dataTransfer: transfer });
  await target.dispatchEvent('dragover', { dataTransfer: transfer });
  await expect(app.getByText('Drop to')).toBeVisible();
  await target.dispatchEvent('drop', { dataTransfer: transfer });
}

test('files dropped on the first screen make a project; IDX asks for its class names', async ({
  app,
  folders,
}) => {
  await test.step('drop pictures where no project is open', async () => {
    const files = await Promise.all(
      [0, 1, 2].map(async (n) => ({ name: `drop ${n}.png`, bytes: await drawShape('circle', n) })),
    );
    await dropFiles(app, [...files, { name: 'readme.txt', bytes: Buffer.from('hello') }]);
    const dialog = app.getByRole('dialog', { name: 'New project' });
    await expect(dialog.getByLabel('Name')).toHaveValue('drop 0');
    await dialog.getByRole('button', { name: 'Create project' }).click();
    const preview = app.getByRole('dialog', { name: 'Import' });
    await expect(preview.getByText('1 other file will be skipped')).toBeVisible();
    await preview.getByRole('button', { name: 'Import 3 images' }).click();
    await expect(app.getByText(/3 images imported/)).toBeVisible();
    await expect(tile(app, /drop 2\.png/)).toBeVisible();
    await expect(app.getByText('dropped files')).toBeVisible();
  });

  // Of 40 and 20 images in turn, the first of three classes has 14 and 7.
  await test.step('an IDX data set whose class names nobody knows', async () => {
    const source = join(folders.root, 'numbers');
    writeIdx(source, { train: 40, test: 20, classes: 3 });
    await app.getByRole('button', { name: 'Import folder…' }).first().click();
    await chooseFolder(app, source);
    const dialog = app.getByRole('dialog');
    await expect(dialog.getByText(/numbers its 3 classes/)).toBeVisible();
    const start = dialog.getByRole('button', { name: 'Import 60 images' });
    await expect(start).toBeDisabled();
    await dialog.getByRole('textbox', { name: 'Class names' }).fill('north\neast');
    await expect(dialog.getByText('2 of 3 names, all different.')).toBeVisible();
    await dialog.getByRole('textbox', { name: 'Class names' }).fill('north\neast\nsouth');
    await start.click();
    await expect(app.getByText(/60 images imported/)).toBeVisible();
    await go(app, 'Label');
    await expect(classRow(app, 'north')).toContainText('21');
  });

  await test.step('the same picture with another label is a conflict that is shown', async () => {
    const { mkdir, writeFile } = await import('node:fs/promises');
    for (const [folder, n] of [
      ['north', 7],
      ['south', 7],
    ] as const) {
      await mkdir(join(folders.root, 'twice', folder), { recursive: true });
      await writeFile(join(folders.root, 'twice', folder, 'a.png'), await drawShape('square', n));
    }
    await go(app, 'Library');
    await app.getByRole('button', { name: 'Import folder…' }).first().click();
    await chooseFolder(app, join(folders.root, 'twice'));
    await app.getByRole('dialog').getByRole('button', { name: 'Import 2 images' }).click();
    await expect(app.getByText(/1 conflict/)).toBeVisible();
    await app.getByText(/1 conflict/).click();
    const report = app.getByRole('dialog', { name: 'Import report' });
    await expect(report.getByText('kept north, also found as south')).toBeVisible();
    await report.getByRole('button', { name: 'Show in Label' }).click();
    await expect(
      app.getByRole('option', { name: /a\.png, north, conflicting labels/ }),
    ).toBeVisible();
    await expect(app.getByText('not taken: the first label stays')).toBeVisible();
  });
});

test('labels survive the power cut, and the page finds its way back', async ({ page, folders }) => {
  const first = await startServerProcess(folders);
  await page.goto(first.url);
  await createProject(page, 'Cut');
  const source = join(folders.root, 'cut');
  writeIdx(source, { train: 30, classes: 3 });
  await page.getByRole('button', { name: 'Import folder…' }).first().click();
  await chooseFolder(page, source);
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox', { name: /^Labels/ }).click();
  await page.getByRole('option', { name: 'None, I label them here' }).click();
  await dialog.getByRole('button', { name: 'Import 30 images' }).click();
  await expect(page.getByText(/30 images imported/)).toBeVisible();
  await go(page, 'Label');
  await page.getByRole('button', { name: 'New class' }).click();
  await page.keyboard.type('one\ntwo\n');
  await page.keyboard.press('Escape');
  await expect(classRow(page, 'two')).toBeVisible();
  await page.getByRole('listbox', { name: 'Images to label' }).focus();
  for (let i = 0; i < 10; i++) await page.keyboard.press(String((i % 2) + 1));
  await expect(page.getByText('10 of 30 labeled')).toBeVisible();
  // The core has answered every step: what the screen says is on disk.
  await expect(classRow(page, 'one')).toContainText('5');
  await first.kill();
  await expect(message(page, 'The connection to Fovea was lost. Trying again…')).toBeVisible();

  const second = await startServerProcess(folders);
  await page.goto(second.url);
  await page.getByRole('button', { name: /^Cut/ }).click();
  await go(page, 'Label');
  await expect(page.getByText('10 of 30 labeled')).toBeVisible();
  await page.keyboard.press('Control+z');
  await expect(page.getByText('9 of 30 labeled')).toBeVisible();
  expect(await second.stop()).toBe(0);
});
