/** Screenshots of a screen in both themes and two sizes, and its accessibility check. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { packed } from './server-process.ts';

const folder = join(import.meta.dirname, '../../test-results/screens');
const sizes = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
];
const themes = ['dark', 'light'] as const;
type Theme = (typeof themes)[number];

/** WCAG 2.2 A and AA, and what axe recommends. */
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** All that a theme can change: the page is the same otherwise. */
const colorRules = ['color-contrast', 'link-in-text-block'];

/**
 * Takes `<name>-<theme>-<size>.png` for every theme and size, and expects no serious accessibility
 * violation in either theme. The page's size and theme are as before afterwards. Does nothing where
 * the packed app is tested, whose pages are those of the build.
 */
export async function showScreen(page: Page, name: string): Promise<void> {
  if (packed) return;
  mkdirSync(folder, { recursive: true });
  const before = page.viewportSize();
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    for (const size of sizes) {
      await page.setViewportSize(size);
      // One frame for the layout to follow the new size.
      await page.evaluate(
        () => new Promise((resolve) => requestAnimationFrame(() => resolve(null))),
      );
      await page.screenshot({
        path: join(folder, `${name}-${theme}-${size.width}x${size.height}.png`),
      });
    }
    await expectAccessible(page, name, theme);
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  if (before) await page.setViewportSize(before);
}

/** No violation that axe calls serious or critical. */
async function expectAccessible(page: Page, name: string, theme: Theme): Promise<void> {
  // The page has no frames of other origins, for which axe would open a blank page each time.
  const axe = new AxeBuilder({ page }).setLegacyMode();
  const { violations } = await (
    theme === themes[0] ? axe.withTags(tags) : axe.withRules(colorRules)
  ).analyze();
  const serious = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => ({
      id,
      help,
      where: nodes
        .slice(0, 5)
        .map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary ?? ''}`),
    }));
  expect(serious, `accessibility of ${name}, ${theme}`).toEqual([]);
}
