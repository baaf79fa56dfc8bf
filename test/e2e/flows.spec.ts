/** What a demanding user does besides the main road: labels, classes, mistakes and interruptions. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { drawShape, shapes } from './pictures.ts';
import { classMenu, classRow, createProject, go, importFolder, message, tile } from './steps.ts';

/** `perShape` labeled pictures of each shape, and some without a label: 'new 0.png' … */
async function makeFolder(root: string, perShape: number, unlabeled: number): Promise<number> {
  for (const shape of shapes) {
    await mkdir(join(root, shape), { recursive: true });
    for (let i = 0; i < perShape; i++) {
      await writeFile(join(root, shape, `${shape} ${i}.png`), await drawShape(shape, i));
    }
  }
  for (let i = 0; i < unlabeled; i++) {
    await writeFile(join(root, `new ${i}.png`), await drawShape('circle', 500 + i));
  }
  return perShape * shapes.length + unlabeled;
}

async function startLabeling(app: Page, root: string, perShape = 4, unlabeled = 6): Promise<void> {
  const images = await makeFolder(join(root, 'set'), perShape, unlabeled);
  await createProject(app, 'Flows');
  await importFolder(app, join(root, 'set'), images);
  await go(app, 'Label');
  await expect(tile(app, /^new 0\.png/)).toBeVisible();
}

const progress = (app: Page, labeled: number, of: number) =>
  expect(app.getByText(`${labeled} of ${of} labeled`).first()).toBeVisible();
const names = (app: Page) =>
  app
    .getByRole('region', { name: 'Classes' })
    .getByRole('listitem')
    .evaluateAll((rows) => rows.map((row) => row.querySelector('.name')?.textContent));

test('classes: add, rename, recolour, give a key, reorder, merge, delete', async ({
  app,
  folders,
}) => {
  await startLabeling(app, folders.root);

  await test.step('add two, one after the other', async () => {
    await app.getByRole('button', { name: 'New class' }).click();
    await app.keyboard.type('hexagon\n');
    await expect(classRow(app, 'hexagon')).toBeVisible();
    await app.keyboard.type('star\n');
    await expect(classRow(app, 'star')).toBeVisible();
    await app.keyboard.press('Escape');
    // A name that is taken says so.
    await app.getByRole('button', { name: 'New class' }).click();
    await app.keyboard.type('star\n');
    await expect(message(app, /star/)).toBeVisible();
    await app.keyboard.press('Escape');
  });

  await test.step('rename in place; Escape leaves the name', async () => {
    await classRow(app, 'hexagon').getByRole('button').first().focus();
    await app.keyboard.press('F2');
    await app.keyboard.type('nonsense');
    await app.keyboard.press('Escape');
    await expect(classRow(app, 'hexagon')).toBeVisible();
    await classRow(app, 'hexagon').getByText('hexagon').dblclick();
    await app.keyboard.type('polygon\n');
    await expect(classRow(app, 'polygon')).toBeVisible();
  });

  await test.step('recolour', async () => {
    await classMenu(app, 'polygon', 'Change colour…');
    const dialog = app.getByRole('dialog', { name: 'Colour of polygon' });
    await dialog.getByRole('button', { name: '#ff6e3a' }).click();
    await expect(dialog).toBeHidden();
    await classMenu(app, 'polygon', 'Change colour…');
    await expect(dialog.getByRole('button', { name: '#ff6e3a' })).toHaveAttribute(
      'aria-pressed',
      'true',
    );
    await app.keyboard.press('Escape');
  });

  await test.step('a key: not one that acts, one that another class has, its own', async () => {
    await classMenu(app, 'star', 'Change key…');
    const dialog = app.getByRole('dialog', { name: 'Key for “star”' });
    await app.keyboard.press('n');
    await expect(dialog.getByText(/Next unlabeled image/)).toBeVisible();
    await expect(dialog.getByRole('button', { name: 'Use this key' })).toBeDisabled();
    await app.keyboard.press('1');
    await expect(dialog.getByText(/circle has this key now/)).toBeVisible();
    await app.keyboard.press('x');
    await dialog.getByRole('button', { name: 'Use this key' }).click();
    await expect(classRow(app, 'star').locator('kbd')).toHaveText('X');
  });

  await test.step('reorder by keyboard, by drag', async () => {
    const before = await names(app);
    await classRow(app, 'star').getByRole('button').first().focus();
    await app.keyboard.press('Alt+ArrowUp');
    await expect.poll(() => names(app)).toEqual([...before.slice(0, 3), 'star', 'polygon']);
    const from = (await classRow(app, 'star').boundingBox())!;
    const to = (await classRow(app, 'circle').boundingBox())!;
    await app.mouse.move(from.x + 60, from.y + from.height / 2);
    await app.mouse.down();
    await app.mouse.move(from.x + 60, from.y - 10, { steps: 3 });
    await app.mouse.move(to.x + 60, to.y + 4, { steps: 5 });
    await app.mouse.up();
    await expect.poll(async () => (await names(app))[0]).toBe('star');
    await app.reload();
    await expect(classRow(app, 'star')).toBeVisible();
    expect((await names(app))[0]).toBe('star');
    // The drag was no click: nothing is filtered.
    await expect(tile(app, /^new 0\.png/)).toBeVisible();
  });

  await test.step('merge, and take it back', async () => {
    await classMenu(app, 'square', 'Merge into…');
    const dialog = app.getByRole('dialog', { name: 'Merge “square” into…' });
    await dialog.getByRole('combobox', { name: 'Class' }).click();
    await app.getByRole('option', { name: 'circle', exact: true }).click();
    await dialog.getByRole('button', { name: 'Merge', exact: true }).click();
    await expect(message(app, /Merged square into circle/)).toBeVisible();
    await expect(classRow(app, 'square')).toHaveCount(0);
    await expect(classRow(app, 'circle')).toContainText('8');
    await app.getByRole('region', { name: 'Messages' }).getByText('Undo').click();
    await expect(classRow(app, 'square')).toContainText('4');
    await expect(classRow(app, 'circle')).toContainText('4');
  });

  await test.step('delete, and take it back', async () => {
    await classMenu(app, 'stripes', 'Delete…');
    await app.getByRole('dialog').getByRole('button', { name: 'Delete class' }).click();
    await expect(classRow(app, 'stripes')).toHaveCount(0);
    await progress(app, 8, 18);
    await app.keyboard.press('Control+z');
    await expect(classRow(app, 'stripes')).toContainText('4');
    await progress(app, 12, 18);
  });
});

test('labels: many at once, flags, search, removal, the large picture', async ({
  app,
  folders,
}) => {
  await startLabeling(app, folders.root);
  const status = app.getByRole('contentinfo');

  await test.step('click, Shift, Ctrl, rubber band', async () => {
    await tile(app, /^new 0\.png/).click();
    await tile(app, /^new 3\.png/).click({ modifiers: ['Shift'] });
    await expect(status).toContainText('4 of 18 selected');
    await tile(app, /^new 1\.png/).click({ modifiers: ['Control'] });
    await expect(status).toContainText('3 of 18 selected');
    await app.keyboard.press('Escape');
    await expect(status).toContainText('Image');
    const first = (await tile(app, /^circle\/?circle 0|circle 0\.png/).boundingBox())!;
    const grid = (await app.getByRole('listbox', { name: 'Images to label' }).boundingBox())!;
    await app.mouse.move(grid.x + 4, grid.y + 4);
    await app.mouse.down();
    await app.mouse.move(first.x + first.width * 2.5, first.y + first.height / 2, { steps: 6 });
    await app.mouse.up();
    await expect(status).toContainText('3 of 18 selected');
  });

  await test.step('Ctrl+A and a digit are one step, and one undo takes it back', async () => {
    await app.keyboard.press('Control+a');
    await expect(status).toContainText('18 of 18 selected');
    await app.keyboard.press('2');
    await progress(app, 18, 18);
    await expect(classRow(app, 'square')).toContainText('18');
    await app.keyboard.press('Control+z');
    await progress(app, 12, 18);
    await expect(classRow(app, 'square')).toContainText('4');
    await app.keyboard.press('Escape');
  });

  await test.step('/ finds a class, and makes one', async () => {
    await tile(app, /^new 0\.png/).click();
    await app.keyboard.press('/');
    await app.keyboard.type('strip');
    await app.keyboard.press('Enter');
    await expect(tile(app, /^new 0\.png, stripes/)).toBeVisible();
    await tile(app, /^new 1\.png/).click();
    await app.keyboard.press('/');
    await app.keyboard.type('spiral');
    await app.keyboard.press('Enter');
    await expect(tile(app, /^new 1\.png, spiral/)).toBeVisible();
    await expect(classRow(app, 'spiral')).toContainText('1');
  });

  await test.step('flags and the cleared label', async () => {
    await tile(app, /^new 2\.png/).click();
    await app.keyboard.press('u');
    await expect(tile(app, /^new 2\.png, unlabeled, unsure/)).toBeVisible();
    await tile(app, /^new 3\.png/).click();
    await app.keyboard.press('Space');
    await expect(tile(app, /^new 3\.png, unlabeled, skipped/)).toBeVisible();
    await tile(app, /^new 0\.png/).click();
    await app.keyboard.press('Backspace');
    await expect(tile(app, /^new 0\.png, unlabeled/)).toBeVisible();
    await app.getByRole('combobox', { name: /^Show:/ }).click();
    await app.getByRole('option', { name: 'Unsure', exact: true }).click();
    await expect(app.getByRole('option', { name: /\.png/ })).toHaveCount(1);
    await app.getByRole('button', { name: 'Clear filters' }).click();
    await expect(app.getByRole('option', { name: /\.png/ })).toHaveCount(18);
  });

  await test.step('remove two pictures, and take it back', async () => {
    await tile(app, /^new 4\.png/).click();
    await tile(app, /^new 5\.png/).click({ modifiers: ['Shift'] });
    await app.keyboard.press('Delete');
    await app.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
    await expect(message(app, '2 images removed')).toBeVisible();
    await expect(tile(app, /^new 4\.png/)).toHaveCount(0);
    await app.getByRole('region', { name: 'Messages' }).getByText('Undo').click();
    await expect(tile(app, /^new 4\.png/)).toBeVisible();
  });

  await test.step('the large picture: zoom, fit, neighbours, label', async () => {
    await tile(app, /^new 0\.png/).dblclick();
    await expect(app.getByRole('button', { name: 'Back to the grid' })).toBeVisible();
    const scale = app.locator('.scale');
    await expect(scale).toHaveText(/^\d+/);
    await expect(app.getByRole('button', { name: 'Fit to window' })).toHaveAttribute(
      'aria-pressed',
      'true',
    );
    const fitted = await scale.textContent();
    const picture = app.getByRole('img', { name: 'Picture new 0.png' });
    const box = (await picture.boundingBox())!;
    await app.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await app.keyboard.down('Control');
    await app.mouse.wheel(0, -300);
    await app.keyboard.up('Control');
    await expect(scale).not.toHaveText(fitted!);
    await app.keyboard.press('Control+0');
    await expect(scale).toHaveText(fitted!);
    await app.getByRole('button', { name: 'Next image' }).click();
    await expect(app.getByRole('img', { name: 'Picture new 1.png' })).toBeVisible();
    await app.keyboard.press('ArrowLeft');
    await expect(app.getByRole('img', { name: 'Picture new 0.png' })).toBeVisible();
    await app.keyboard.press('1');
    await expect(app.getByRole('img', { name: 'Picture new 1.png' })).toBeVisible();
    await app.keyboard.press('Escape');
    await expect(tile(app, /^new 0\.png, circle/)).toBeVisible();
  });

  await test.step('a split by ratio', async () => {
    await go(app, 'Library');
    await app.getByRole('button', { name: 'Split…' }).click();
    const dialog = app.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Train' }).fill('50');
    await app.keyboard.press('Tab');
    await expect(dialog.getByText('must add up to 100 %')).toBeVisible();
    await expect(dialog.getByRole('button', { name: 'Split', exact: true })).toBeDisabled();
    await dialog.getByRole('textbox', { name: 'Validation' }).fill('25');
    await dialog.getByRole('textbox', { name: 'Test' }).fill('25');
    await dialog.getByRole('textbox', { name: 'Seed' }).fill('7');
    await app.keyboard.press('Tab');
    await dialog.getByRole('button', { name: 'Split', exact: true }).click();
    await expect(message(app, /Train \d+ · Validation \d+ · Test \d+/)).toBeVisible();
  });
});
