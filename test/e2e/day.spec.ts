/** A user's whole day: from nothing to an exported model that was proved to answer the same. */
import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { classifyInPage } from './exported-page.ts';
import { expect, test } from './fixtures.ts';
import { drawShape, makeShapeFolder, shapes } from './pictures.ts';
import { showScreen } from './screens.ts';
import { chooseFolder, go } from './steps.ts';

const progressLine = (app: Page, text: string) => expect(app.getByText(text)).toBeVisible();

test('a day from an empty project to an exported model', async ({ app, folders }) => {
  const pictures = join(folders.root, 'pictures');
  const unlabeled = await makeShapeFolder(pictures, { train: 40, test: 20, unlabeled: 6 });
  const imported = shapes.length * 60 + unlabeled.length;

  await test.step('create a project', async () => {
    await app.getByRole('button', { name: 'New project' }).click();
    await app.getByRole('dialog').getByLabel('Name').fill('Shapes');
    await app.getByRole('button', { name: 'Create project' }).click();
    await expect(app.getByRole('button', { name: 'Project menu' })).toContainText('Shapes');
    await showScreen(app, 'library-empty');
    for (const stage of ['Label', 'Augment', 'Train', 'Evaluate', 'Inspect', 'Predict', 'Export']) {
      await go(app, stage);
      await showScreen(app, `${stage.toLowerCase()}-empty`);
    }
  });

  await test.step('import a folder, with a report of what was skipped', async () => {
    await go(app, 'Library');
    await app.getByRole('button', { name: 'Import folder…' }).first().click();
    await chooseFolder(app, pictures);
    const dialog = app.getByRole('dialog');
    await expect(dialog.getByText('3 classes')).toBeVisible();
    await showScreen(app, 'import-dialog');
    await dialog.getByRole('button', { name: /^Import \d+ images$/ }).click();
    await expect(app.getByText(`${imported} images imported, 2 files skipped`)).toBeVisible({
      timeout: 60_000,
    });
    await app
      .getByText(/2 skipped/)
      .first()
      .click();
    await expect(app.getByRole('dialog').getByText('holiday 🌴.png')).toBeVisible();
    await expect(app.getByRole('dialog').getByText('notes.png')).toBeVisible();
    await showScreen(app, 'import-report');
    await app.keyboard.press('Escape');
    await showScreen(app, 'library');
  });

  await test.step('label by keyboard, undo, redo, restart the page', async () => {
    await go(app, 'Label');
    await progressLine(app, `${imported - 6} of ${imported} labeled`);
    // Auto-advance: each key labels and goes on to the next of the six, which lie side by side.
    for (const shape of unlabeled) await app.keyboard.press(String(shapes.indexOf(shape) + 1));
    await progressLine(app, `${imported} of ${imported} labeled (100 %)`);
    await app.keyboard.press('Control+z');
    await app.keyboard.press('Control+z');
    await progressLine(app, `${imported - 2} of ${imported} labeled`);
    // A reload leads back to the same project and screen.
    await app.reload();
    await progressLine(app, `${imported - 2} of ${imported} labeled`);
    await app.keyboard.press('n');
    await expect(app.getByRole('complementary', { name: 'Inspector' })).toContainText('new 04.png');
    await app.keyboard.press('Control+Shift+z');
    await app.keyboard.press('Control+y');
    await progressLine(app, `${imported} of ${imported} labeled (100 %)`);
    await showScreen(app, 'label');
    await app.keyboard.press('Enter');
    await expect(app.getByRole('button', { name: 'Back to the grid' })).toBeVisible();
    await showScreen(app, 'label-single');
    await app.keyboard.press('Escape');
    await app.keyboard.press('?');
    await expect(app.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
    await showScreen(app, 'shortcuts');
    await app.keyboard.press('Escape');
  });

  await test.step('train, and watch', async () => {
    await go(app, 'Train');
    await app.getByText('Fashion small', { exact: true }).click();
    await expect(app.getByRole('radio', { name: /^Fashion small(?!,)/ })).toBeChecked();
    const layers = app.getByRole('table', { name: /Layers/ });
    // 28×28×1 with three classes: the last dense layer has 32 × 3 + 3 parameters.
    await expect(layers.getByRole('row', { name: /dense_1/ })).toContainText('99');
    await expect(layers.getByRole('row', { name: /Total/ })).toContainText('266,755');
    await app.getByRole('textbox', { name: 'Epochs' }).fill('12');
    await showScreen(app, 'train-new');
    await app.getByRole('button', { name: 'Start training' }).click();
    await expect(app.getByRole('figure', { name: /Accuracy/ })).toBeVisible({ timeout: 30_000 });
    await expect(app.getByRole('img', { name: 'Done' }).first()).toBeVisible({ timeout: 120_000 });
    await showScreen(app, 'train-run');
  });

  await test.step('evaluate, look at a cell, relabel in place', async () => {
    await go(app, 'Evaluate');
    await app.getByRole('main').getByRole('button', { name: 'Evaluate', exact: true }).click();
    const matrix = app.getByRole('grid', { name: /Confusion matrix/ });
    await expect(matrix).toBeVisible({ timeout: 60_000 });
    await showScreen(app, 'evaluate');
    await matrix.focus();
    await app.keyboard.press('Enter');
    await expect(app.getByText('the most confident first')).toBeVisible();
    await showScreen(app, 'evaluate-cell');
  });

  await test.step('predict on files, one of them broken', async () => {
    await go(app, 'Predict');
    const one = join(folders.root, 'one.png');
    const two = join(folders.root, 'two.png');
    const bad = join(folders.root, 'bad.png');
    await writeFile(one, await drawShape('stripes', 4001));
    await writeFile(two, await drawShape('square', 4002));
    await writeFile(bad, 'no picture');
    const single = app.waitForEvent('filechooser');
    await app.getByRole('button', { name: 'Choose files…' }).first().click();
    await (await single).setFiles([one]);
    await expect(app.getByRole('heading', { name: /stripes/ })).toBeVisible({ timeout: 30_000 });
    await expect(app.getByRole('list', { name: /probabilities of one.png/ })).toContainText(
      'predicted',
    );
    await showScreen(app, 'predict-one');
    const many = app.waitForEvent('filechooser');
    await app.getByRole('button', { name: 'Choose files…' }).first().click();
    await (await many).setFiles([one, two, bad]);
    await expect(app.getByRole('listbox', { name: 'Predictions' })).toBeVisible();
    await expect(app.getByRole('radio', { name: 'Failed · 1' })).toBeVisible({ timeout: 30_000 });
    await showScreen(app, 'predict-many');
  });

  await test.step('export, with proof', async () => {
    await go(app, 'Export');
    const out = join(folders.root, 'exported');
    await app.getByRole('textbox', { name: 'Folder' }).fill(out);
    await app
      .getByRole('main')
      .getByRole('button', { name: 'Export as ONNX', exact: true })
      .click();
    await expect(app.getByText(/Agrees on 6\d \/ 6\d images/)).toBeVisible({ timeout: 60_000 });
    await showScreen(app, 'export');
    for (const file of ['README.md', 'example.mjs', 'example.py', 'labels.json']) {
      expect(existsSync(join(out, 'onnx', file)), file).toBe(true);
    }
    await app.getByRole('button', { name: 'New export' }).click();
    await expect(app.getByText(/agree$/)).toBeVisible();
    await showScreen(app, 'export-formats');
    await app.getByRole('button', { name: 'Export as Web page' }).click();
    await expect(app.getByText(/Agrees on 6\d \/ 6\d images/)).toBeVisible({ timeout: 60_000 });
    const [page] = readdirSync(join(out, 'web')).filter((name) => name.endsWith('.html'));
    await classifyInPage(app.context(), join(out, 'web', page!));
  });

  await test.step('a Keras file comes back as a run', async () => {
    const out = join(folders.root, 'exported', 'keras');
    await app.getByRole('button', { name: 'New export' }).click();
    await app.getByRole('button', { name: 'Export as Keras', exact: true }).click();
    await expect.poll(() => existsSync(join(out, 'export.json')), { timeout: 60_000 }).toBe(true);
    const file = readdirSync(out).find((name) => name.endsWith('.keras'));
    await go(app, 'Train');
    await app.getByRole('button', { name: 'Import a model…' }).click();
    const dialog = app.getByRole('dialog', { name: 'Import a model' });
    const chooser = app.waitForEvent('filechooser');
    await dialog.getByRole('button', { name: 'Choose files…' }).click();
    await (await chooser).setFiles([join(out, file!)]);
    await dialog.getByRole('textbox', { name: 'Name of the run' }).fill('came back');
    await showScreen(app, 'import-model');
    await dialog.getByRole('button', { name: 'Import', exact: true }).click();
    const name = app.getByRole('heading', { name: 'came back', level: 1 });
    await expect(name).toBeVisible({ timeout: 30_000 });
    await expect(app.getByText(/^Trained elsewhere: there is nothing/)).toBeVisible();
    await app.getByRole('button', { name: 'More actions' }).click();
    await app.getByRole('menuitem', { name: 'Begin a new run with its weights' }).click();
    await expect(app.getByRole('combobox', { name: 'Begin with' })).toContainText('came back');
    await expect(app.getByText(/begin with the weights of run r\d+ “came back”/)).toBeVisible();
  });

  await test.step('settings, palette and the way home', async () => {
    await app.keyboard.press('Control+k');
    await expect(app.getByPlaceholder('Type an action, a class or a stage')).toBeVisible();
    await showScreen(app, 'palette');
    await app.keyboard.type('close project');
    await app.keyboard.press('Enter');
    await expect(app.getByRole('heading', { name: 'Projects' })).toBeVisible();
    await showScreen(app, 'home');
  });
});
