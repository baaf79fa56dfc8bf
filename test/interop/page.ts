/** Asks an exported web page about the held-out images, in Chromium. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser } from 'playwright-core';
import sharp from 'sharp';
import { expect } from 'vitest';
import { findBrowser } from '../../scripts/find-browser.ts';
import { buildStale } from '../../scripts/build.ts';
import { HELD_OUT } from './data.ts';
import type { TrainedModel } from './session.ts';

export type PageBrowser = Browser;

/** The page that exports are made of is built before, where it is stale. */
export async function openBrowser(): Promise<PageBrowser> {
  await buildStale();
  return await chromium.launch({ executablePath: findBrowser() ?? undefined });
}

/** Every held-out image as a PNG, given to the page. */
export async function askPage(
  browser: PageBrowser,
  directory: string,
  { images, classes }: TrainedModel,
): Promise<Float32Array> {
  const context = await browser.newContext({ offline: true });
  const page = await context.newPage();
  const [file] = readdirSync(directory).filter((name) => name.endsWith('.html'));
  const url = pathToFileURL(join(directory, file!)).href;
  const foreign: string[] = [];
  page.on('request', (request) => {
    if (request.url() !== url && !/^(blob|data):/.test(request.url())) foreign.push(request.url());
  });
  await page.goto(url);
  // Not as text: the page's policy forbids to evaluate it.
  await page.waitForFunction(() => 'fovea' in globalThis, null, { timeout: 120_000 });
  const pixels = readFileSync(images);
  const answers = new Float32Array(HELD_OUT * classes);
  const step = 50;
  for (let from = 0; from < HELD_OUT; from += step) {
    const pictures = await Promise.all(
      Array.from({ length: step }, async (_, index) => {
        const at = (from + index) * 784;
        const raw = { width: 28, height: 28, channels: 1 } as const;
        const png = await sharp(pixels.subarray(at, at + 784), { raw })
          .png()
          .toBuffer();
        return png.toString('base64');
      }),
    );
    const rows = await page.evaluate<number[][], string[]>(classifyAll, pictures);
    rows.forEach((row, index) => answers.set(row, (from + index) * classes));
  }
  expect(foreign).toEqual([]);
  await context.close();
  return answers;
}

/** Runs in the page. */
async function classifyAll(pictures: string[]): Promise<number[][]> {
  const { fovea } = globalThis as unknown as {
    fovea: { classify: (picture: Blob) => Promise<Float32Array> };
  };
  return await Promise.all(
    pictures.map(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      return [...(await fovea.classify(new Blob([bytes])))];
    }),
  );
}
