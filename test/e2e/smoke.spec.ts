/** The door and the first screen; the day itself is in day.spec.ts. */
import { expect, test } from './fixtures.ts';
import { showScreen } from './screens.ts';

test('lets its own page in and nobody else', async ({ server, browser }) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const { origin } = new URL(server.url);
  expect((await page.goto(origin))?.status()).toBe(401);
  await page.goto(server.url);
  await expect(page).toHaveURL(`${origin}/`);
  await expect(page).toHaveTitle(/Fovea/);
  // The key is in a cookie that scripts cannot read.
  expect(await page.evaluate(() => document.cookie)).toBe('');
  await context.close();
});

test('greets someone new', async ({ app }) => {
  await expect(app.getByRole('main')).toBeVisible();
  await expect(app.getByRole('button', { name: /new project/i }).first()).toBeVisible();
  await showScreen(app, 'home-empty');
});
