/** State dicts that PyTorch saved, as runs that answer as PyTorch does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findPreset } from '#shared/presets/index.ts';
import { createTestCore, type TestCore } from '../helpers/core.ts';
import { runPython } from './python.ts';

const classNames = Array.from({ length: 10 }, (_, index) => `class ${index}`);
let core: TestCore;
beforeAll(async () => {
  core = await createTestCore();
});
afterAll(() => core.close());

it.each([
  ['resnet18', 'resnet-18'],
  ['resnet50', 'resnet-50'],
])('%s of torchvision answers as in PyTorch', async (name, preset) => {
  const { client, folder } = core;
  const script = join(import.meta.dirname, 'pytorch/state_dict.py');
  const said = (await runPython(script, name, folder)).trim().split('\n').at(-1) ?? '';
  const expected = JSON.parse(said) as number[];
  const picture = join(folder, 'image.png');
  const raw = { width: 64, height: 64, channels: 3 } as const;
  await sharp(readFileSync(join(folder, 'image.u8')), { raw })
    .png()
    .toFile(picture);
  // Its weights do for images of any size; these take less time.
  const { spec } = findPreset(preset)!;
  const small = { ...spec, input: { height: 64, width: 64, channels: 3 as const } };
  const { id: project } = await client.projects.create({ path: join(folder, `${name}.fovea`) });
  for (const ending of ['pt', 'safetensors']) {
    const file = join(folder, `${name}.${ending}`);
    const model = { kind: 'spec', spec: small } as const;
    const { run } = await client.runs.importModel({ project, file, classNames, model });
    for await (const answer of await client.predict.files({ project, run, files: [picture] })) {
      if (!('prediction' in answer)) throw new Error(answer.error);
      const { probabilities } = answer.prediction;
      const far = Math.max(...probabilities.map((each, at) => Math.abs(each - expected[at]!)));
      process.stdout.write(`${name}.${ending}: largest difference ${far.toExponential(1)}\n`);
      expect(far).toBeLessThan(1e-5);
    }
  }
});
