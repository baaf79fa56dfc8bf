/** Pretrained networks: one looks, lays images out without any run, is added, cut and trained on. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tinyBackbone } from '../helpers/tiny-backbone.ts';
import { colorsOf } from './canvas.ts';
import { expect, test } from './fixtures.ts';
import { drawShape, makeShapeFolder } from './pictures.ts';
import { showScreen } from './screens.ts';
import { createProject, ended, go, importFolder, message } from './steps.ts';

test('pretrained networks look, are added, cut and trained on', async ({ app, folders }) => {
  const pictures = join(folders.root, 'shapes');
  await makeShapeFolder(pictures, { train: 6, test: 3, unlabeled: 3 });
  const tiny = tinyBackbone(folders.root);
  await createProject(app, 'Shapes');
  await importFolder(app, pictures, 30);
  const choose = async (button: string, file: string) => {
    const chooser = app.waitForEvent('filechooser');
    await app.getByRole('button', { name: button }).first().click();
    await (await chooser).setFiles(file);
  };

  await test.step('without any run, the network of the app says what it sees', async () => {
    await go(app, 'Predict');
    await expect(app.getByText('EfficientNet-Lite0 just looks')).toBeVisible();
    const file = join(folders.root, 'stripes.png');
    writeFileSync(file, await drawShape('stripes', 0));
    await choose('Choose files…', file);
    const bars = app.getByRole('list', { name: 'Class probabilities of stripes.png' });
    await expect(bars.getByRole('listitem').first()).toContainText('%', { timeout: 60_000 });
    expect(await bars.getByRole('listitem').count()).toBeGreaterThan(5);
    await expect(app.getByText('Show all 1,000 classes')).toBeVisible();
    await showScreen(app, 'networks-look');
  });

  await test.step('and lays images out by what they look like', async () => {
    await go(app, 'Inspect');
    await app.getByRole('button', { name: 'See your images by likeness' }).click();
    const map = app.locator('canvas').first();
    await expect(app.getByText('Select by group')).toBeVisible({ timeout: 120_000 });
    await expect
      .poll(async () => new Set(await colorsOf(map)).size, { timeout: 60_000 })
      .toBeGreaterThan(5);
    await app.getByRole('button', { name: /^circle/ }).click();
    await expect(app.getByText('9 images selected')).toBeVisible();
    await showScreen(app, 'networks-map');
    await app.getByRole('button', { name: 'Save features…' }).click();
    const dialog = app.getByRole('dialog');
    const file = join(folders.root, 'circles.npy');
    await dialog.getByRole('textbox', { name: 'File' }).fill(file);
    await dialog.getByRole('button', { name: 'Save features' }).click();
    await expect(dialog.getByText('9 images, 1,280 numbers each')).toBeVisible({ timeout: 60_000 });
    expect(readFileSync(file).toString('latin1', 0, 128)).toContain("'shape': (9, 1280)");
    await dialog.getByRole('button', { name: 'Close' }).last().click();
  });

  await test.step('a file that is no network is refused in words; another is added', async () => {
    await go(app, 'Train');
    await app.getByRole('button', { name: 'More about models' }).click();
    await app.getByRole('menuitem', { name: 'Pretrained networks…' }).click();
    await expect(app.getByText('Recognised by its SHA-256: EfficientNet-Lite0')).toBeVisible();
    await showScreen(app, 'networks-library');
    const wrong = join(folders.root, 'wrong.onnx');
    writeFileSync(wrong, 'not a network');
    await choose('Add a network…', wrong);
    await expect(app.getByRole('alert')).toContainText('wrong.onnx', { timeout: 60_000 });
    await choose('Add a network…', tiny.file);
    await expect(message(app, 'tiny is in your library')).toBeVisible({ timeout: 60_000 });
    await expect(app.getByText('The app does not know this file')).toBeVisible();
  });

  await test.step('it is told how its pixels are wanted, and cut on the drawing', async () => {
    const drawing = app.getByRole('group', { name: /^The blocks of tiny/ });
    const box = (name: RegExp) => drawing.getByRole('button', { name });
    // The file's first output is within its first block, which is shown open.
    await expect(box(/^Conv 8×8×6 cut here/)).toBeVisible();
    const mean = app.getByRole('textbox', { name: 'Mean, red' });
    await mean.fill('0.25');
    await mean.press('Enter');
    await expect(app.getByRole('button', { name: 'Back to what was proposed' })).toBeVisible();
    await box(/^Convolution 3×3 4×4×8/).click();
    await expect(box(/^Convolution 3×3 4×4×8 .*cut here/)).toBeVisible();
    await expect(box(/^Conv 8×8×6 usual cut/)).toBeVisible();
    await drawing.getByRole('button', { name: /^Show what is inside: Pool/ }).click();
    await expect(box(/^GlobalAveragePool/)).toBeVisible();
    await showScreen(app, 'networks-cut');
  });

  await test.step('its head is trained, then more of it', async () => {
    await app.getByRole('button', { name: 'Train with it' }).click();
    await expect(app.getByRole('radio', { name: /^tiny/ })).toBeChecked();
    await expect(app.getByText('On tiny', { exact: true })).toBeVisible();
    await app.getByRole('radio', { name: 'All of it' }).check({ force: true });
    const epochs = app.getByRole('textbox', { name: 'Epochs', exact: true });
    await epochs.fill('4');
    await epochs.press('Enter');
    const second = app.getByRole('textbox', { name: 'Second part, epochs' });
    await expect(second).toHaveValue('2');
    await second.fill('1');
    await second.press('Tab');
    await expect(app.getByText(/4 epochs/)).toBeVisible();
    await showScreen(app, 'networks-train');
    await app.getByRole('button', { name: 'Start training' }).click();
    await expect(app.getByRole('heading', { name: 'tiny', level: 1 })).toBeVisible();
    await ended(app, 'Done');
    await expect(app.getByText('all of it', { exact: true })).toBeVisible();
    await showScreen(app, 'networks-run');
  });

  await test.step('it is removed; the run keeps its copy', async () => {
    await app.getByRole('button', { name: 'New run' }).click();
    await app.getByRole('button', { name: 'More about models' }).click();
    await app.getByRole('menuitem', { name: 'Pretrained networks…' }).click();
    await app.getByRole('button', { name: /^tiny/ }).click();
    await app.getByRole('button', { name: 'Remove…' }).click();
    await app.getByRole('button', { name: 'Remove network' }).click();
    await expect(app.getByRole('button', { name: /^tiny/ })).toHaveCount(0);
    expect(existsSync(join(folders.dataDir, 'backbones', `${tiny.sha256}.onnx`))).toBe(false);
    const kept = join(folders.projectsDir, 'Shapes.fovea', 'backbones', `${tiny.sha256}.onnx`);
    expect(existsSync(kept)).toBe(true);
  });
});
