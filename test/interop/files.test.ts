/** Formats that are made of the graph or of a program: each asked by the runtime that it is for. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { askPython, expectParity, tolerances } from './client.ts';
import { expectPythonExample } from './example.ts';
import { models, type ModelName } from './models.ts';
import { askPage, openBrowser, type PageBrowser } from './page.ts';
import { openInterop, type InteropSession } from './session.ts';

const names = Object.keys(models) as ModelName[];
let session: InteropSession;
let browser: PageBrowser;
beforeAll(async () => {
  session = await openInterop(names);
  browser = await openBrowser();
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
    const data = await askPage(browser, directory, model);
    const client = `Chromium ${browser.version()}`;
    expectParity('web', model, { client, data }, tolerances.float32);
  },
);

it.each(['pytorch', 'tflite'] as const)('%s comes with an example that works', async (format) => {
  const [model] = session.trained;
  await expectPythonExample(session, model!, await session.exportTo(model!, format));
  expect.assertions(2);
});
