/** The web page that the app exported, opened from the disk as its user would. */
import type { BrowserContext } from '@playwright/test';
import { pathToFileURL } from 'node:url';
import { expect } from './fixtures.ts';
import { drawShape, shapes } from './pictures.ts';
import { showScreen } from './screens.ts';

/** Chooses a picture of each shape; what the page asks of anything but itself fails the test. */
export async function classifyInPage(context: BrowserContext, file: string): Promise<void> {
  const page = await context.newPage();
  const url = pathToFileURL(file).href;
  const foreign: string[] = [];
  page.on('request', (request) => {
    if (request.url() !== url && !/^(blob|data):/.test(request.url())) foreign.push(request.url());
  });
  await page.goto(url);
  await expect(page.getByRole('button', { name: 'Choose pictures…' }).first()).toBeEnabled({
    timeout: 60_000,
  });
  const pictures = await Promise.all(shapes.map((shape) => drawShape(shape, 1)));
  await page.locator('#files').setInputFiles(
    pictures.map((buffer, index) => ({
      name: `${shapes[index]}.png`,
      mimeType: 'image/png',
      buffer,
    })),
  );
  await expect(page.getByRole('heading', { level: 2, name: /\d %|\d%/ })).toBeVisible();
  await expect(page.getByText('…', { exact: true })).toHaveCount(0);
  await showScreen(page, 'exported-page');
  expect(foreign).toEqual([]);
  await page.close();
}
