/** Training that is stopped, cancelled or cut off; mistakes mended where they are seen; settings. */
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { writeIdx } from '../helpers/idx.ts';
import { processTree } from '../helpers/process-tree.ts';
import { expect, test } from './fixtures.ts';
import { showScreen } from './screens.ts';
import { chooseFolder, classRow, createProject, ended, go, message, train } from './steps.ts';

async function startProject(app: Page, root: string, train: number): Promise<void> {
  const source = join(root, 'squares');
  writeIdx(source, { train, test: 60, classes: 3 });
  await createProject(app, 'Squares');
  await app.getByRole('button', { name: 'Import folder…' }).first().click();
  await chooseFolder(app, source);
  const dialog = app.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Class names' }).fill('north\neast\nsouth');
  await dialog.getByRole('button', { name: /^Import [\d,]+ images$/ }).click();
  await expect(app.getByText(/images imported/)).toBeVisible({ timeout: 30_000 });
}

/** The first epoch is complete: there is a model to keep. */
const firstEpoch = (app: Page) =>
  expect(app.getByRole('figure', { name: /^Accuracy/ }).getByRole('row')).not.toHaveCount(0, {
    timeout: 60_000,
  });

test('training: stop, cancel, an engine that dies, and two runs compared', async ({
  app,
  server,
  folders,
}) => {
  await startProject(app, folders.root, 1500);

  await test.step('stop finishes the epoch', async () => {
    await train(app, 400, 'stopped run');
    await firstEpoch(app);
    await app.getByRole('button', { name: 'Stop', exact: true }).click();
    await ended(app, 'Stopped');
    await expect(app.getByText(/^Stopped after \d+ of 400 epochs\./)).toBeVisible();
  });

  await test.step('cancel ends at once', async () => {
    await train(app, 400, 'cancelled run');
    await firstEpoch(app);
    await app.getByRole('main').getByRole('button', { name: 'Cancel', exact: true }).click();
    await ended(app, 'Cancelled');
  });

  await test.step('the engine is killed: said in plain words, and the best model works', async () => {
    await train(app, 400, 'cut off run');
    await firstEpoch(app);
    const engines = processTree(server.process.pid!).filter(({ command }) =>
      /engine[/-]worker/.test(command),
    );
    expect(engines.length).toBeGreaterThan(0);
    for (const { pid } of engines) process.kill(pid, 'SIGKILL');
    await ended(app, 'Interrupted');
    await expect(app.getByText(/ended after \d+ of 400 epochs/)).toBeVisible();
    await app.getByRole('main').getByRole('button', { name: 'Evaluate', exact: true }).click();
    await expect(app.getByRole('heading', { name: /^Evaluate/, level: 1 })).toBeVisible();
    await app.getByRole('main').getByRole('button', { name: 'Evaluate', exact: true }).click();
    await expect(app.getByRole('grid', { name: /Confusion matrix of cut off run/ })).toBeVisible({
      timeout: 60_000,
    });
  });

  await test.step('compare', async () => {
    await go(app, 'Train');
    await app.getByRole('checkbox', { name: 'Compare stopped run' }).check({ force: true });
    await app.getByRole('checkbox', { name: 'Compare cut off run' }).check({ force: true });
    await expect(app.getByRole('heading', { name: 'Comparing 2 runs' })).toBeVisible();
    await expect(app.getByRole('columnheader', { name: 'stopped run' }).last()).toBeVisible();
  });
});

test('the course of a training: a rate found, plateaus, early stopping, a pause', async ({
  app,
  folders,
}) => {
  await startProject(app, folders.root, 300);
  await go(app, 'Train');
  await app.getByRole('radio', { name: /^Fashion small(?!,)/ }).check({ force: true });

  await test.step('a rate is found and taken', async () => {
    await app.getByRole('button', { name: 'Find a rate…' }).click();
    const dialog = app.getByRole('dialog', { name: 'Find a learning rate' });
    const use = dialog.getByRole('button', { name: /^Use / });
    await expect(use).toBeVisible({ timeout: 60_000 });
    await showScreen(app, 'train-find-rate');
    const rate = (await use.textContent())!.trim().replace('Use ', '');
    await use.click();
    await expect(dialog).toBeHidden();
    await expect(app.getByRole('textbox', { name: 'Learning rate' })).toHaveValue(rate);
  });

  await test.step('a rate of nothing stands still: it falls, and training stops', async () => {
    await app.getByRole('textbox', { name: 'Learning rate' }).fill('1e-9');
    await app.getByRole('textbox', { name: 'Epochs' }).fill('30');
    await app.getByRole('combobox', { name: /^Schedule:/ }).click();
    await app.getByRole('option', { name: /On plateaus/ }).click();
    await app.locator('summary', { hasText: 'Advanced' }).click();
    const plateau = app.getByRole('group', { name: /^Schedule/ });
    await plateau.getByRole('textbox', { name: 'Patience, epochs' }).fill('2');
    await plateau.getByRole('textbox', { name: 'Times' }).fill('0.5');
    await app
      .getByRole('switch', { name: 'Stop when it no longer gets better' })
      .check({ force: true });
    const early = app.getByRole('group', { name: 'Early stopping' });
    await early.getByRole('textbox', { name: 'Patience, epochs' }).fill('5');
    await early.getByRole('textbox', { name: 'At least better by' }).fill('0.001');
    await showScreen(app, 'train-advanced');
    await app.getByRole('button', { name: 'Start training' }).click();
    await ended(app, 'Done');
    await expect(
      app
        .getByText(
          'Stopped early after epoch 6 of 30: 5 epochs without a better validation loss. ' +
            'The weights of epoch 1, the best one, are restored.',
        )
        .first(),
    ).toBeVisible();
    const chart = app.getByRole('figure', { name: /^Loss/ });
    for (const row of ['1, best, restored · 1', '3, rate 5e-10', '6, stopped early']) {
      await expect(chart.getByRole('rowheader', { name: row, exact: true })).toBeAttached();
    }
    await expect(app.getByText('After epoch 3 the learning rate fell to 5e-10.')).toBeVisible();
    await expect(app.getByText(/^Learning rate 1e-9 → /)).toBeVisible();
    await showScreen(app, 'train-stopped-early');
  });

  await test.step('pause in the middle, and continue', async () => {
    // Another model and back: its own settings again.
    await app.getByRole('button', { name: 'New run' }).click();
    await app.getByRole('radio', { name: /^LeNet(?!,)/ }).check({ force: true });
    await train(app, 4000, 'paused run');
    await firstEpoch(app);
    await app.getByRole('button', { name: 'Pause', exact: true }).click();
    await ended(app, 'Paused');
    await expect(app.getByText(/^Paused in epoch \d+ of 4,000/).first()).toBeVisible();
    await app.reload();
    await app
      .getByRole('button', { name: /paused run/ })
      .first()
      .click();
    // Off the list: a row under the pointer shows more.
    await app.mouse.move(900, 600);
    await showScreen(app, 'train-paused');
    const epochs = app.getByRole('figure', { name: /^Accuracy/ }).getByRole('row');
    const before = await epochs.count();
    await app.getByRole('button', { name: 'Continue', exact: true }).click();
    await expect(app.getByRole('button', { name: 'Pause', exact: true })).toBeEnabled();
    await expect.poll(() => epochs.count(), { timeout: 60_000 }).toBeGreaterThan(before);
    await app.getByRole('main').getByRole('button', { name: 'Cancel', exact: true }).click();
    await ended(app, 'Cancelled');
  });
});

test('mistakes: relabeled where they are seen, evaluated again, predicted with the truth', async ({
  app,
  folders,
}) => {
  await startProject(app, folders.root, 300);
  await train(app, 2, 'two epochs');
  await ended(app, 'Done');
  await app.getByRole('main').getByRole('button', { name: 'Evaluate', exact: true }).click();
  await expect(app.getByRole('heading', { name: /^Evaluate/, level: 1 })).toBeVisible();
  await app.getByRole('main').getByRole('button', { name: 'Evaluate', exact: true }).click();
  const matrix = app.getByRole('grid', { name: /Confusion matrix/ });
  await expect(matrix).toBeVisible({ timeout: 60_000 });

  await test.step('relabel from a cell; the report says that it is older', async () => {
    await matrix.focus();
    await app.keyboard.press('Enter');
    await app
      .getByRole('button', { name: /^Change the label of/ })
      .first()
      .click();
    await app.getByRole('option', { name: /south/ }).click();
    await expect(message(app, 'Labeled as south')).toBeVisible();
    await expect(app.getByText('now south')).toBeVisible();
    await app.getByRole('button', { name: 'Back to the figures' }).click();
    const notice = app.getByText(/1 label changed|1 .*changed since/).first();
    await expect(notice).toBeVisible();
    await app.getByRole('button', { name: 'Evaluate again' }).last().click();
    await expect(notice).toBeHidden({ timeout: 30_000 });
  });

  await test.step('predict library pictures: blue where right, red where wrong', async () => {
    await go(app, 'Predict');
    await app.getByRole('button', { name: 'From the library…' }).first().click();
    const dialog = app.getByRole('dialog');
    await dialog.getByRole('combobox', { name: /^Split:/ }).click();
    await app.getByRole('option', { name: 'Test', exact: true }).click();
    await expect(dialog.getByText('60 of 60 pictures')).toBeVisible();
    await dialog.getByRole('button', { name: 'Select shown' }).click();
    await dialog.getByRole('button', { name: 'Ask about 60 pictures' }).click();
    await expect(app.getByRole('radio', { name: 'All · 60' })).toBeVisible();
    await app.getByRole('radio', { name: /^Wrong · [1-9]/ }).check({ force: true });
    const title = app.getByRole('heading', { name: /^Wrong: south \(predicted \w+\)/ });
    await expect(title).toBeVisible();
    const red = await title.locator('.wrong, [class*=wrong]').first().evaluate(color);
    await app.getByRole('radio', { name: 'All · 60' }).check({ force: true });
    await app.getByRole('listbox', { name: 'Predictions' }).press('End');
    const right = app.getByRole('heading', { name: /^Right: (\w+) \(predicted \1\)/ });
    await expect(right).toBeVisible();
    expect(await right.locator('.right, [class*=right]').first().evaluate(color)).not.toBe(red);
  });
});

const color = (node: Element): string => getComputedStyle(node).color;

test('settings: theme, name, keys that would collide', async ({ app, folders }) => {
  await startProject(app, folders.root, 30);
  await app.keyboard.press('Control+,');
  const dialog = app.getByRole('dialog', { name: 'Settings' });
  await dialog.getByText('Light', { exact: true }).click();
  await expect(app.locator('html')).toHaveAttribute('data-theme', 'light');
  await dialog.getByRole('textbox', { name: 'Your name' }).fill('Ada');
  await dialog.getByText('Keys', { exact: true }).click();
  const skip = dialog.getByRole('button', { name: 'Change the key of “Skip and go on”' });
  await skip.click();
  await app.keyboard.press('u');
  await expect(dialog.getByText(/already means “Mark as unsure”/)).toBeVisible();
  await skip.click();
  await app.keyboard.press('1');
  await expect(dialog.getByText(/labels as “north”/)).toBeVisible();
  await skip.click();
  await app.keyboard.press('x');
  await expect(skip).toHaveText('X');
  await app.keyboard.press('Escape');
  await go(app, 'Label');
  // The other way round: a class may not take the key either.
  await classRow(app, 'south').hover();
  await app.getByRole('button', { name: 'Options for south' }).click();
  await app.getByRole('menuitem', { name: 'Change key…' }).click();
  await app.keyboard.press('x');
  await expect(app.getByRole('dialog').getByText(/means “Skip and go on”/)).toBeVisible();
  await app.keyboard.press('Escape');
  await app.getByRole('listbox', { name: 'Images to label' }).focus();
  await app.keyboard.press('2');
  await app.keyboard.press('ArrowLeft');
  await expect(app.getByRole('complementary', { name: 'Inspector' })).toContainText('Ada');
  await app.reload();
  await expect(app.getByRole('region', { name: 'Classes' })).toBeVisible();
  await expect(app.locator('html')).toHaveAttribute('data-theme', 'light');
});
