import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openFolder } from './browser.ts';
import { expectParity, tolerances, type ClientAnswers } from './client.ts';
import { appSays, expectSaid, writePhoto } from './example.ts';
import { models, type ModelName } from './models.ts';
import { openInterop, type InteropSession, type TrainedModel } from './session.ts';

const names = Object.keys(models) as ModelName[];
let session: InteropSession;
beforeAll(async () => {
  session = await openInterop(names);
});
afterAll(() => session.close());

/** Loads the model over HTTP and asks about all images; answers the float32 bytes as numbers. */
const page = `<!doctype html>
<script src="node_modules/@tensorflow/tfjs/dist/tf.min.js"></script>
<script>
  window.answers = (async () => {
    await tf.setBackend('cpu');
    const model = await tf.loadLayersModel('model.json');
    const pixels = new Uint8Array(await (await fetch('images.u8')).arrayBuffer());
    const images = tf.tensor4d(Float32Array.from(pixels), [pixels.length / 784, 28, 28, 1]);
    const data = await model.predict(images, { batchSize: 100 }).data();
    return { version: tf.version['tfjs-layers'], data: Array.from(data) };
  })();
</script>`;

async function ask(directory: string, { images }: TrainedModel): Promise<ClientAnswers> {
  copyFileSync(images, join(directory, 'images.u8'));
  writeFileSync(join(directory, 'ask.html'), page);
  const browser = await openFolder(directory);
  try {
    await browser.page.goto(`${browser.address}/ask.html`);
    const { version, data } = await browser.page.evaluate<{ version: string; data: number[] }>(
      'window.answers',
    );
    return { client: `TensorFlow.js (Chromium) ${version}`, data: Float32Array.from(data) };
  } finally {
    await browser.close();
  }
}

it.each(names)('TensorFlow.js answers for %s as the app does', async (name) => {
  const model = session.trained.find((each) => each.name === name)!;
  const directory = await session.exportTo(model, 'tfjs');
  expectParity('tfjs', model, await ask(directory, model), tolerances.float32);
});

it('comes with a page that works', async () => {
  const [model] = session.trained;
  const directory = await session.exportTo(model!, 'tfjs');
  const photo = await writePhoto(session.folder);
  const browser = await openFolder(directory);
  try {
    await browser.page.goto(`${browser.address}/example.html`);
    await browser.page.waitForFunction('document.querySelector("input").onchange');
    await browser.page.setInputFiles('input', photo);
    await browser.page.waitForFunction('document.querySelector("p").textContent');
    const said = (await browser.page.textContent('p')) ?? '';
    expectSaid(said, await appSays(session, model!, photo));
  } finally {
    await browser.close();
  }
  expect.assertions(2);
});
