/** What several scenarios do, in the words of the screen. */
import type { Locator, Page } from '@playwright/test';
import { expect } from './fixtures.ts';

/** Goes to a stage by the rail. */
export async function go(app: Page, stage: string): Promise<void> {
  const stages = app.getByRole('navigation', { name: 'Stages' });
  await stages.getByText(stage, { exact: true }).click();
  // The screen before may have a button of the same name as one of this screen's.
  await expect(stages.locator('[aria-current="page"]')).toHaveText(stage);
}

/** The folder browser of the browser host: type the path, then choose it. */
export async function chooseFolder(app: Page, path: string): Promise<void> {
  const dialog = app.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Folder' }).fill(path);
  await dialog.getByRole('textbox', { name: 'Folder' }).press('Enter');
  await dialog.getByRole('button', { name: `Choose “${path.split('/').at(-1)!}”` }).click();
}

export async function createProject(app: Page, name: string): Promise<void> {
  await app.getByRole('button', { name: 'New project' }).click();
  await app.getByRole('dialog').getByLabel('Name').fill(name);
  await app.getByRole('button', { name: 'Create project' }).click();
  await expect(app.getByRole('button', { name: 'Project menu' })).toContainText(name);
}

/** Imports a folder into the open project and waits until it is in. */
export async function importFolder(app: Page, path: string, images: number): Promise<void> {
  await go(app, 'Library');
  await app.getByRole('button', { name: 'Import folder…' }).first().click();
  await chooseFolder(app, path);
  await app
    .getByRole('dialog')
    .getByRole('button', { name: /^Import [\d,]+ images?$/ })
    .click();
  await expect(app.getByText(new RegExp(`^${images} images imported`))).toBeVisible({
    timeout: 60_000,
  });
}

export const tile = (app: Page, name: string | RegExp): Locator =>
  app.getByRole('option', { name });

/** A message in the corner. */
export const message = (app: Page, text: string | RegExp): Locator =>
  app.getByRole('region', { name: 'Messages' }).getByText(text);

/** The row of a class in Label. */
export const classRow = (app: Page, name: string): Locator =>
  app.getByRole('region', { name: 'Classes' }).getByRole('listitem').filter({ hasText: name });

/** Opens a class's menu and takes an entry. */
export async function classMenu(app: Page, name: string, entry: string | RegExp): Promise<void> {
  await classRow(app, name).hover();
  await app.getByRole('button', { name: `Options for ${name}` }).click();
  await app.getByRole('menuitem', { name: entry }).click();
}

/** Starts a run of the small preset, and opens it. */
export async function train(app: Page, epochs: number, name: string): Promise<void> {
  await go(app, 'Train');
  await app.getByRole('button', { name: 'New run' }).click();
  await app.getByRole('radio', { name: /^Fashion small(?!,)/ }).check({ force: true });
  await app.getByRole('textbox', { name: 'Epochs' }).fill(String(epochs));
  const field = app.getByRole('textbox', { name: 'Name', exact: true });
  if (!(await field.isVisible())) await app.locator('summary', { hasText: 'Advanced' }).click();
  await field.fill(name);
  await app.getByRole('button', { name: 'Start training' }).click();
  await expect(app.getByRole('heading', { name, level: 1 })).toBeVisible();
}

/** The open run has come to its end: 'Done', 'Stopped', … */
export const ended = (app: Page, how: string) =>
  expect(app.getByRole('main').getByRole('img', { name: how }).first()).toBeVisible({
    timeout: 60_000,
  });

/** The project that comes with the app. */
export async function openSample(app: Page): Promise<void> {
  await app
    .getByRole('button', { name: /sample/i })
    .first()
    .click();
  await expect(app.getByRole('button', { name: 'Project menu' })).toBeVisible({ timeout: 60_000 });
}
