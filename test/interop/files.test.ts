/** Formats that are made of the graph or of a program: each asked by the runtime that it is for. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findBrowser } from '../../scripts/find-browser.ts';
import { buildStale } from '../../scripts/build.ts';
import { askPython, expectParity, tolerances } from './client.ts';
import { HELD_OUT } from './data.ts';
import { expectPythonExample } from './example.ts';
import { models, type ModelName } from './models.ts';
import { openInterop, type InteropSession, type TrainedModel } from './session.ts';

const names = Object.keys(models) as ModelName[];
let session: InteropSession;
let browser: Browser;
beforeAll(async () => {
  await buildStale();
  session = await openInterop(names);
  browser = await chromium.launch({ executablePath: findBrowser() ?? undefined });
});
afterAll(async () => {
  await browser.close();
  await session.close();
});

const modelOf = (name: ModelName) => session.trained.find((each) => each.name === name)!;

it.each(names)('onnxruntime answers for %s in half precision', async (name) => {
  const model = modelOf(name);
  const directory = await session.exportTo(model, 'onnx-fp16');
  expectParity(
    'onnx-fp16',
    model,
    await askPython('onnx_file', directory, model),
    tolerances.float16,
  );
});

it('onnxruntime and LiteRT answer in integers nearly as the app does', async () => {
  const model = modelOf('fashion-small');
  for (const [format, client] of [
    ['onnx-int8', 'onnx_file'],
    ['tflite-int8', 'tflite_file'],
  ] as const) {
    const directory = await session.exportTo(model, format);
    expectParity(format, model, await askPython(client, directory, model), tolerances.int8);
  }
});

it.each(names)('PyTorch answers for %s as the app does', async (name) => {
  const model = modelOf(name);
  const directory = await session.exportTo(model, 'pytorch');
  expectParity(
    'pytorch',
    model,
    await askPython('pytorch_file', directory, model),
    tolerances.float32,
  );
});

it.each(names)('LiteRT answers for %s as the app does', async (name) => {
  const model = modelOf(name);
  const directory = await session.exportTo(model, 'tflite');
  expectParity(
    'tflite',
    model,
    await askPython('tflite_file', directory, model),
    tolerances.float32,
  );
});

it.each(names)('coremltools reads %s, and its program answers as the app does', async (name) => {
  const model = modelOf(name);
  const directory = await session.exportTo(model, 'coreml');
  const answers = await askPython('coreml_file', directory, model);
  expectParity('coreml', model, answers, tolerances.float32);
});

it.each(names)(
  'a web page answers for %s as the app does, from the disk and offline',
  async (name) => {
    const model = modelOf(name);
    const directory = await session.exportTo(model, 'web');
    const data = await askPage(directory, model);
    const client = `Chromium ${browser.version()}`;
    expectParity('web', model, { client, data }, tolerances.float32);
  },
);

/** Every held-out image as a PNG, given to the page. */
async function askPage(
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

it.each(['pytorch', 'tflite'] as const)('%s comes with an example that works', async (format) => {
  const [model] = session.trained;
  await expectPythonExample(session, model!, await session.exportTo(model!, format));
  expect.assertions(2);
});
