import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askPython, expectParity, tolerances } from './client.ts';
import { expectPythonExample } from './example.ts';
import { models, type ModelName } from './models.ts';
import { openInterop, type InteropSession } from './session.ts';

const names = Object.keys(models) as ModelName[];
let session: InteropSession;
beforeAll(async () => {
  session = await openInterop(names);
});
afterAll(() => session.close());

describe.each(['keras', 'h5'] as const)('Keras reads .%s', (format) => {
  it.each(names)('and answers for %s as the app does', async (name) => {
    const model = session.trained.find((each) => each.name === name)!;
    const directory = await session.exportTo(model, format);
    expectParity(
      format,
      model,
      await askPython('keras_file', directory, model),
      tolerances.float32,
    );
  });

  it('by the example beside it', async () => {
    const [model] = session.trained;
    await expectPythonExample(session, model!, await session.exportTo(model!, format));
    expect.assertions(2);
  });
});

it.each(names)(
  'TensorFlow answers for %s by a SavedModel that Keras made of the file',
  async (name) => {
    const model = session.trained.find((each) => each.name === name)!;
    const directory = await session.exportTo(model, 'keras');
    const answers = await askPython('saved_model', directory, model);
    expectParity('keras → SavedModel', model, answers, tolerances.float32);
  },
);
