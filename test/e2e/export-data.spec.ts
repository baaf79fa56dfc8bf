/** The data set, taken along for other programs. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './fixtures.ts';
import { makeShapeFolder } from './pictures.ts';
import { showScreen } from './screens.ts';
import { createProject, importFolder } from './steps.ts';

test('the data is written for other programs, with or without unlabeled images', async ({
  app,
  folders,
}) => {
  const pictures = join(folders.root, 'pictures');
  await makeShapeFolder(pictures, { train: 4, test: 2, unlabeled: 3 });
  await createProject(app, 'Shapes');
  await importFolder(app, pictures, 21);
  await app.getByRole('button', { name: 'Export data…' }).click();
  const dialog = app.getByRole('dialog', { name: 'Export the data' });
  await expect(dialog.getByRole('button', { name: 'Write 18 images' })).toBeVisible();

  await test.step('a format without a place for unlabeled images says so', async () => {
    await dialog.getByRole('combobox', { name: /^Format/ }).click();
    await app.getByRole('option', { name: /ImageFolder/ }).click();
    await expect(dialog.getByText('This format has no place for them.')).toBeVisible();
    await dialog.getByRole('combobox', { name: /^Format/ }).click();
    await app.getByRole('option', { name: /^CSV table/ }).click();
    await dialog.getByRole('switch', { name: /^Also 3 images/ }).check({ force: true });
    await showScreen(app, 'export-data');
  });

  await test.step('it is written, and the report says what', async () => {
    const out = join(folders.root, 'taken along');
    await dialog.getByRole('textbox', { name: 'Folder' }).fill(out);
    await dialog.getByRole('button', { name: 'Write 21 images' }).click();
    await expect(dialog.getByText('21 images written')).toBeVisible();
    await expect(dialog.getByText(out)).toBeVisible();
    await showScreen(app, 'export-data-done');
    const lines = readFileSync(join(out, 'manifest.csv'), 'utf8').trimEnd().split('\r\n');
    expect(lines).toHaveLength(22);
    for (const line of lines.slice(1)) {
      expect(existsSync(join(out, line.slice(0, line.indexOf(',')))), line).toBe(true);
    }
  });

  await test.step('a folder with files in it is refused in plain words', async () => {
    await dialog.getByRole('button', { name: 'Another format' }).click();
    await dialog.getByRole('button', { name: 'Write 21 images' }).click();
    await expect(dialog.getByText(/taken along is not an empty folder/)).toBeVisible();
    await showScreen(app, 'export-data-refused');
  });
});
