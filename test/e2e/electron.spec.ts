/**
 * The same app in its own window. Runs where Electron's binary is installed (`npx install-electron`)
 * and there is a display; elsewhere it says that it was skipped.
 */
import { join } from 'node:path';
import { _electron } from '@playwright/test';
import { electronBinary } from '../../scripts/electron-binary.ts';
import { hasDisplay } from '../../scripts/find-browser.ts';
import { expect, test } from './fixtures.ts';

const binary = electronBinary();

test('the desktop window trains and evaluates the sample', async ({ folders }) => {
  test.skip(binary === null, 'Electron is not installed here.');
  test.skip(!hasDisplay(), 'There is no display here.');
  const desktop = await _electron.launch({
    executablePath: binary!,
    args: [
      join(import.meta.dirname, '../..'),
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
    env: {
      ...(process.env as Record<string, string>),
      FOVEA_DATA_DIR: folders.dataDir,
      FOVEA_PROJECTS_DIR: folders.projectsDir,
    },
  });
  try {
    const page = await desktop.firstWindow();
    await expect(page).toHaveURL(/^fovea:\/\/app\//);
    // The page has no Node, and reaches the core only through its port.
    expect(await page.evaluate(() => typeof (globalThis as { require?: unknown }).require)).toBe(
      'undefined',
    );
    await page
      .getByRole('button', { name: /sample/i })
      .first()
      .click();
    await expect(page.getByText('All 2,500 images are labeled.')).toBeVisible({ timeout: 60_000 });
    const stages = page.getByRole('navigation', { name: 'Stages' });
    await stages.getByText('Train', { exact: true }).click();
    await page.getByText('Fashion small', { exact: true }).click();
    await page.getByRole('textbox', { name: 'Epochs' }).fill('1');
    await page.getByRole('button', { name: 'Start training' }).click();
    await expect(page.getByRole('img', { name: 'Done' }).first()).toBeVisible({ timeout: 120_000 });
    await stages.getByText('Evaluate', { exact: true }).click();
    await page.getByRole('main').getByRole('button', { name: 'Evaluate', exact: true }).click();
    await expect(page.getByRole('grid', { name: /Confusion matrix/ })).toBeVisible({
      timeout: 60_000,
    });
  } finally {
    await desktop.close();
  }
});
