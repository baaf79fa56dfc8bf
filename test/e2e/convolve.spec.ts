/** The convolution workbench: exact numbers, steps, and what is on its canvases. */
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { showScreen } from './screens.ts';
import { go } from './steps.ts';

const grid = (app: Page, title: string): Locator =>
  app.locator('figure').filter({ hasText: new RegExp(`^\\s*${title}\\b`) });

/** Numbers of a grid, row by row; null where none is shown yet. */
async function numbers(app: Page, title: string): Promise<(number | null)[]> {
  const cells = await grid(app, title).locator('[data-cell]').allInnerTexts();
  return cells.map((text) => (text.trim() === '' ? null : Number(text.replace('−', '-'))));
}

async function choose(app: Page, field: string, option: string): Promise<void> {
  await app.getByRole('combobox', { name: new RegExp(`^${field}:`) }).click();
  await app.getByRole('option', { name: new RegExp(`^${option}`) }).click();
}

const picture = (app: Page, title: string): Locator =>
  app.getByRole('img', { name: title, exact: true });

/** Grey levels and alphas of a canvas, row by row. */
async function pixels(app: Page, title: string) {
  return picture(app, title).evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const { width, height } = canvas;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, width, height);
    const every = (offset: number) =>
      Array.from({ length: width * height }, (_, at) => data[at * 4 + offset]!);
    return { width, height, levels: every(0), alphas: every(3) };
  });
}

async function openSample(app: Page): Promise<void> {
  await app
    .getByRole('button', { name: /sample/i })
    .first()
    .click();
  await expect(app.getByRole('button', { name: 'Project menu' })).toBeVisible({ timeout: 60_000 });
  await go(app, 'Convolve');
}

test('convolve: numbers, step by step', async ({ app }) => {
  await openSample(app);
  const output = () => numbers(app, 'Output');
  const sum = app.getByRole('region', { name: 'At this place' }).getByRole('paragraph');

  await test.step('one dimension: full, same and valid', async () => {
    await expect.poll(output).toEqual([-2, 1, 2, 1, -2]);
    await choose(app, 'Which places count', 'Same');
    await expect.poll(output).toEqual([1, 2, 1]);
    await choose(app, 'Which places count', 'Valid');
    await expect.poll(output).toEqual([2]);
    await expect(sum).toHaveText('2×(−1) + 3×2 + 2×(−1) = 2');
  });

  await test.step('two dimensions, stepped by keys', async () => {
    await choose(app, 'Example', 'A dot');
    await expect.poll(output).toEqual([9, 5, 9, 5, 8, 5, 9, 5, 9]);
    await app.keyboard.press('Home');
    await expect.poll(output).toEqual([9, ...new Array<null>(8).fill(null)]);
    await expect(app.getByText('Place 1 of 9')).toBeVisible();
    for (let press = 0; press < 4; press++) await app.keyboard.press('ArrowRight');
    await expect.poll(output).toEqual([9, 5, 9, 5, 8, null, null, null, null]);
    await expect(sum).toContainText('3×8');
    await expect(sum).toContainText('= 8');
    await app.keyboard.press('ArrowLeft');
    await expect(app.getByText('Place 4 of 9')).toBeVisible();
    await showScreen(app, 'convolve-numbers');
    await choose(app, 'Which places count', 'Valid');
    await expect.poll(output).toEqual([8]);
  });

  await test.step('it plays to the end, and can be held', async () => {
    await choose(app, 'Which places count', 'Same');
    await app.getByRole('radio', { name: 'Fast' }).check({ force: true });
    await app.keyboard.press('End');
    await app.getByRole('button', { name: 'Play' }).click();
    await app.getByRole('button', { name: 'Pause' }).click();
    const held = await app.getByText(/^Place \d of 9$/).innerText();
    expect(held).not.toBe('Place 9 of 9');
    await app.waitForTimeout(600);
    await expect(app.getByText(/^Place \d of 9$/)).toHaveText(held);
    await app.getByRole('button', { name: 'Play' }).click();
    await expect(app.getByText('Place 9 of 9')).toBeVisible();
    await expect(app.getByRole('button', { name: 'Play' })).toBeVisible();
  });

  await test.step('a kernel is turned around, or left as it is', async () => {
    await choose(app, 'Example', 'A lopsided kernel');
    const around = () => numbers(app, 'Output').then((all) => all.filter((value) => value !== 0));
    // Convolution gives the kernel back where there was a single one.
    await expect.poll(around).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await expect.poll(() => numbers(app, 'Kernel')).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    await app.getByRole('switch', { name: 'Turn the kernel around' }).uncheck({ force: true });
    await expect.poll(around).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
  });

  await test.step('three dimensions', async () => {
    await choose(app, 'Example', 'A volume');
    await expect.poll(output).toEqual([7, 7, 7, 7, 7, 7, 7, 7]);
    await showScreen(app, 'convolve-volume');
  });

  await test.step('what does not fit is said, and typing mends it', async () => {
    const kernel = app.getByRole('textbox', { name: 'Kernel' });
    await kernel.fill('1 2 3');
    await expect(app.getByText('The input has 3 dimensions, the kernel 1.')).toBeVisible();
    await app.getByRole('textbox', { name: 'Input' }).fill('1 2');
    await expect(app.getByText('A window of 3 does not fit into 2.')).toBeVisible();
    await kernel.fill('1 1');
    await expect.poll(output).toEqual([3]);
    await expect(app.getByText(/does not fit/)).toHaveCount(0);
  });

  await test.step('pooling, and what a small move changes', async () => {
    await choose(app, 'What is done', 'Max pooling');
    await expect.poll(output).toEqual([6, 5, 3, 9]);
    await expect(sum).toHaveText('The largest of 9, 2, 4, 8 is 9');
    await choose(app, 'What is done', 'Average pooling');
    await expect.poll(output).toEqual([3.5, 2, 1.5, 5.75]);
    await choose(app, 'What is done', 'Max pooling');
    await choose(app, 'Example', 'What a detector says');
    await expect.poll(output).toEqual([1, 1, 1, 0.2]);
    const right = app.getByRole('slider', { name: 'To the right' });
    await right.focus();
    await app.keyboard.press('ArrowRight');
    await expect.poll(() => numbers(app, 'Its output')).toEqual([0.1, 1, 1, 1]);
    await expect(
      app.getByText(/^Of the input 0\s% of the numbers stay the same; after max pooling, 50\s%/),
    ).toBeVisible();
    await showScreen(app, 'convolve-pooling');
  });
});

test('convolve: a picture under a kernel', async ({ app }) => {
  await openSample(app);
  await app.getByText('A picture', { exact: true }).click();
  await expect(picture(app, 'Output')).toBeVisible();

  await test.step('the identity changes nothing', async () => {
    await choose(app, 'Kernel', 'Identity');
    const input = await pixels(app, 'Input');
    expect([input.width, input.height]).toEqual([28, 28]);
    expect(new Set(input.levels).size).toBeGreaterThan(20);
    await expect.poll(() => pixels(app, 'Output')).toEqual(input);
  });

  await test.step('upright edges, by the definition', async () => {
    await choose(app, 'Kernel', 'Upright edges');
    await expect(app.getByRole('textbox', { name: 'Weight in row 2, column 1' })).toHaveValue('-2');
    const { levels, width } = await pixels(app, 'Input');
    const at = (y: number, x: number) =>
      y < 0 || x < 0 || y > 27 || x > 27 ? 0 : levels[y * width + x]!;
    const expected = levels.map((_, index) => {
      const [y, x] = [Math.floor(index / width), index % width];
      const side = (by: number) => at(y - 1, x + by) + 2 * at(y, x + by) + at(y + 1, x + by);
      return Math.min(255, Math.abs(side(-1) - side(1)));
    });
    await expect.poll(async () => (await pixels(app, 'Output')).levels).toEqual(expected);
    await showScreen(app, 'convolve-picture');
  });

  await test.step('a weight typed by hand', async () => {
    await choose(app, 'Kernel', 'Identity');
    const middle = app.getByRole('textbox', { name: 'Weight in row 2, column 2' });
    await middle.fill('0.5');
    await middle.press('Enter');
    const half = (await pixels(app, 'Input')).levels.map((level) => level / 2);
    await expect
      .poll(async () =>
        (await pixels(app, 'Output')).levels.every(
          (level, at) => Math.abs(level - half[at]!) <= 0.5,
        ),
      )
      .toBe(true);
    await expect(app.getByRole('combobox', { name: 'Kernel: Your own' })).toBeVisible();
  });

  await test.step('while it plays, what is not made yet is faint', async () => {
    await app.getByRole('radio', { name: '9×9' }).check({ force: true });
    await choose(app, 'Kernel', 'Stripes');
    await app.getByRole('button', { name: 'First place' }).click();
    await app.getByRole('button', { name: 'Play' }).click();
    const faint = async () =>
      (await pixels(app, 'Output')).alphas.filter((alpha) => alpha < 255).length;
    await expect.poll(faint).toBeGreaterThan(100);
    await app.getByRole('button', { name: 'Pause' }).click();
    await expect.poll(faint).toBe(0);
    await showScreen(app, 'convolve-gabor');
  });

  await test.step('pooling a picture that has moved', async () => {
    await choose(app, 'What is done', 'Max pooling');
    await expect.poll(async () => (await pixels(app, 'Output')).width).toBe(14);
    await app.getByRole('slider', { name: 'To the right' }).focus();
    await app.keyboard.press('ArrowRight');
    await expect(picture(app, 'Its output')).toBeVisible();
    const before = await pixels(app, 'Input');
    const moved = await pixels(app, 'Input, moved');
    const expected = before.levels.map((_, at) => (at % 28 === 0 ? 0 : before.levels[at - 1]!));
    expect(moved.levels).toEqual(expected);
    await showScreen(app, 'convolve-pooled-picture');
  });

  await test.step('a dropped photo', async () => {
    const png = await app.evaluateHandle(async () => {
      const canvas = new OffscreenCanvas(64, 32);
      const context = canvas.getContext('2d')!;
      context.fillRect(0, 0, 64, 32);
      context.fillStyle = '#fff';
      context.fillRect(0, 0, 32, 32);
      const transfer = new DataTransfer();
      transfer.items.add(new File([await canvas.convertToBlob()], 'half.png'));
      return transfer;
    });
    await app.locator('[data-takes-files]').dispatchEvent('drop', { dataTransfer: png });
    await expect.poll(async () => (await pixels(app, 'Input')).width).toBe(64);
    const { levels } = await pixels(app, 'Input');
    expect([levels[0], levels[63]]).toEqual([255, 0]);
  });
});
