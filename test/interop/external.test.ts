/** ONNX files whose weights PyTorch's exporter puts beside them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestCore, type TestCore } from '../helpers/core.ts';
import { runPython } from './python.ts';

let core: TestCore;
beforeAll(async () => {
  core = await createTestCore();
});
afterAll(() => core.close());

it('are added with the weights from the file beside them', async () => {
  const source = join(core.folder, 'network.onnx');
  await runPython(join(import.meta.dirname, 'pytorch/external.py'), source);
  expect(existsSync(`${source}.data`)).toBe(true);
  const added = await core.client.backbones.add({ source });
  const kept = join(core.folder, 'data', 'backbones', `${added.sha256}.onnx`);
  expect(existsSync(kept)).toBe(true);
  const { nodes } = await core.client.backbones.get({ backbone: added.id });
  expect(nodes.filter(({ op }) => op === 'Conv')).toHaveLength(2);
});
