/** Models on the pretrained network that comes with the app, exported. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { transferModel } from '#shared/backbone-model.ts';
import { askPython, expectParity, tolerances } from './client.ts';
import { askPage, openBrowser, type PageBrowser } from './page.ts';
import { openInterop, type InteropSession, type TrainedModel } from './session.ts';

let session: InteropSession;
let model: TrainedModel;
let browser: PageBrowser;
beforeAll(async () => {
  session = await openInterop([]);
  const { client } = session;
  const [boxed] = await client.backbones.list();
  const info = await client.backbones.get({ backbone: boxed!.id });
  // Of the held-out images' own size: the network is the same, and a thousand of them take seconds.
  const spec = transferModel(info, { size: 28, channels: 1 });
  model = await session.train('EfficientNet-Lite0', { classes: 10, spec, views: null, epochs: 20 });
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
  await session.close();
});

/** Through fifty layers roundings add up: looser than for small models, and said so in docs/interop.md. */
const limits = {
  exact: tolerances.float32,
  float16: { agreement: 0.99, difference: 2e-2 },
  int8: { agreement: 0.85, difference: 0.6 },
};

it.each([
  ['onnx', 'onnx_file', 'exact'],
  ['onnx-fp16', 'onnx_file', 'float16'],
  ['onnx-int8', 'onnx_file', 'int8'],
  ['tflite', 'tflite_file', 'exact'],
  ['tflite-int8', 'tflite_file', 'int8'],
  ['coreml', 'coreml_file', 'exact'],
] as const)('%s of a pretrained network answers as the app does', async (format, client, kind) => {
  const directory = await session.exportTo(model, format);
  expectParity(format, model, await askPython(client, directory, model), limits[kind]);
  const exported = await session.client.exports.list({ project: model.project });
  const proof = exported.find((each) => each.format === format)?.proof;
  if (proof?.kind === 'answers' && proof.accuracy) {
    const { app, file } = proof.accuracy;
    process.stdout.write(`${format}: right on ${file}, the app on ${app}\n`);
    expect(file).toBeGreaterThan(app - 0.05);
  }
});

it('a web page with a pretrained network answers as the app does', async () => {
  const directory = await session.exportTo(model, 'web');
  const data = await askPage(browser, directory, model);
  const client = `Chromium ${browser.version()}`;
  expectParity('web', model, { client, data }, tolerances.float32);
});

it.each(['keras', 'h5', 'tfjs', 'keras-project', 'pytorch'] as const)(
  '%s says which formats take a pretrained network',
  async (format) => {
    await expect(session.exportTo(model, format)).rejects.toThrow(/pretrained network/);
  },
);
