/** A model of one's own: layers changed, broken and mended in the window, kept, trained. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeIdx } from '../helpers/idx.ts';
import { expect, test } from './fixtures.ts';
import { showScreen } from './screens.ts';
import { chooseFolder, createProject, go, message } from './steps.ts';

test('the layers of a preset are changed, broken, mended, kept and trained', async ({
  app,
  folders,
}) => {
  const source = join(folders.root, 'squares');
  writeIdx(source, { train: 120, test: 60, classes: 3 });
  await createProject(app, 'Squares');
  await app.getByRole('button', { name: 'Import folder…' }).first().click();
  await chooseFolder(app, source);
  const dialog = app.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Class names' }).fill('north\neast\nsouth');
  await dialog.getByRole('button', { name: /^Import [\d,]+ images$/ }).click();
  await expect(app.getByText(/images imported/)).toBeVisible({ timeout: 30_000 });

  const grid = app.getByRole('treegrid', { name: 'Layers' });
  const row = (name: string | RegExp) => grid.getByRole('row', { name });
  const settings = app.getByRole('region', { name: 'Settings', exact: true });

  await test.step('a preset is opened in the editor', async () => {
    await go(app, 'Train');
    await app.getByRole('radio', { name: /^Fashion small \d/ }).check({ force: true });
    await app.getByRole('button', { name: 'Edit layers' }).click();
    await expect(app.getByRole('textbox', { name: 'Name of the model' })).toHaveValue(
      'My Fashion small',
    );
    await expect(row(/^Convolution .*conv2d 26×26×32 320/)).toBeVisible();
    await expect(app.getByText('266,755 parameters')).toBeVisible();
    await showScreen(app, 'models-editor');
  });

  await test.step('settings show their effect at once', async () => {
    await row(/^Convolution .*conv2d 26×26×32/).click();
    await settings.getByRole('textbox', { name: 'Filters' }).fill('8');
    await settings.getByRole('textbox', { name: 'Filters' }).press('Enter');
    await expect(row(/^Convolution .*conv2d 26×26×8 80/)).toBeVisible();
    await app.keyboard.press('Escape');
    await app.getByRole('button', { name: 'Undo' }).click();
    await expect(row(/^Convolution .*conv2d 26×26×32 320/)).toBeVisible();
    await app.getByRole('button', { name: 'Redo' }).click();
    await expect(row(/^Convolution .*conv2d 26×26×8 80/)).toBeVisible();
  });

  await test.step('without its flatten layer the model is wrong at the dense layer', async () => {
    await row(/^Flatten/).click();
    await app.keyboard.press('Delete');
    await expect(row(/^Flatten/)).toHaveCount(0);
    const dense = row(/^Dense 32 units/);
    await expect(dense).toContainText('dense cannot follow conv2d_1: flatten first.');
    await expect(app.getByRole('button', { name: 'Train this model' })).toBeDisabled();
    await showScreen(app, 'models-problem');
    await dense.getByRole('button', { name: 'Insert flatten' }).click();
    await expect(row(/^Flatten/)).toBeVisible();
    await expect(grid.getByText('flatten first')).toHaveCount(0);
    await expect(app.getByText('Ready to train')).toBeVisible();
  });

  await test.step('layers are added, moved and taken away by keyboard', async () => {
    await row(/^Max pooling/).click();
    await app.getByRole('textbox', { name: 'Search layers' }).fill('residual');
    await app.getByRole('textbox', { name: 'Search layers' }).press('Enter');
    await expect(row(/^Residual block/)).toBeVisible();
    await expect(row(/^Shortcut/)).toBeVisible();
    await showScreen(app, 'models-block');
    await row(/^Residual block/).focus();
    await app.keyboard.press('Alt+ArrowUp');
    await expect(grid.getByRole('row').nth(2)).toContainText('Convolution');
    await expect(grid.getByRole('row').nth(3)).toContainText('Residual block');
    await app.keyboard.press('ArrowLeft');
    await expect(row(/^Shortcut/)).toHaveCount(0);
    await app.keyboard.press('Delete');
    await expect(row(/^Residual block/)).toHaveCount(0);
  });

  await test.step('layers are dragged: from the list, and to another place', async () => {
    await app.getByRole('textbox', { name: 'Search layers' }).fill('');
    const below = { targetPosition: { x: 80, y: 30 } };
    await app.getByRole('button', { name: 'Dropout', exact: true }).dragTo(row(/^Flatten/), below);
    await expect(grid.getByRole('row').nth(6)).toContainText('Dropout');
    await row(/^Dropout/).dragTo(row(/^Dense 32 units/), below);
    await expect(grid.getByRole('row').nth(7)).toContainText('Dropout');
    await app.keyboard.press('Control+z');
    await expect(grid.getByRole('row').nth(6)).toContainText('Dropout');
    await app.keyboard.press('Control+z');
    await expect(row(/^Dropout/)).toHaveCount(0);
  });

  await test.step('it is kept in the project, and comes back from a file', async () => {
    await app.getByRole('textbox', { name: 'Name of the model' }).fill('Slim');
    await app.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(message(app, 'Slim is kept in the project')).toBeVisible();
    await app.getByRole('button', { name: 'More actions' }).click();
    const download = app.waitForEvent('download');
    await app.getByRole('menuitem', { name: 'Export as JSON' }).click();
    const file = join(folders.root, 'slim.json');
    await (await download).saveAs(file);
    const spec = JSON.parse(readFileSync(file, 'utf8')) as { name: string; layers: object[] };
    expect(spec).toMatchObject({
      name: 'Slim',
      layers: [{ type: 'conv2d', filters: 8 }, {}, {}, {}, {}, {}],
    });
    writeFileSync(file, JSON.stringify({ ...spec, name: 'From a file' }));
    await app.getByRole('button', { name: 'Back to the new run' }).click();
    await expect(app.getByRole('radio', { name: /^Slim/ })).toBeAttached();
    await app.getByLabel('Import from JSON…').setInputFiles(file);
    await expect(app.getByRole('textbox', { name: 'Name of the model' })).toHaveValue(
      'From a file',
    );
    await app.getByRole('button', { name: 'Back to the new run' }).click();
  });

  await test.step('it is trained, and the run says so', async () => {
    await app.getByRole('radio', { name: /^Slim/ }).check({ force: true });
    await app.getByRole('button', { name: 'Edit layers' }).click();
    await app.getByRole('button', { name: 'Train this model' }).click();
    await expect(app.getByRole('radio', { name: /^Slim/ })).toBeChecked();
    await app.getByRole('textbox', { name: 'Epochs' }).fill('1');
    await showScreen(app, 'models-chosen');
    await app.getByRole('button', { name: 'Start training' }).click();
    await expect(app.getByRole('heading', { name: 'Slim', level: 1 })).toBeVisible();
    await expect(app.getByRole('main').getByRole('img', { name: 'Done' }).first()).toBeVisible({
      timeout: 60_000,
    });
    await expect(app.getByRole('table', { name: /Slim/ })).toContainText('26×26×8');
  });
});
