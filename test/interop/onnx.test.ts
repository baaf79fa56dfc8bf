import { afterAll, beforeAll, expect, it } from 'vitest';
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

it.each(names)('onnxruntime answers for %s as the app does', async (name) => {
  const model = session.trained.find((each) => each.name === name)!;
  const directory = await session.exportTo(model, 'onnx');
  expectParity('onnx', model, await askPython('onnx_file', directory, model), tolerances.float32);
});

it('comes with a Python example that works', async () => {
  const [model] = session.trained;
  await expectPythonExample(session, model!, await session.exportTo(model!, 'onnx'));
  expect.assertions(2);
});
