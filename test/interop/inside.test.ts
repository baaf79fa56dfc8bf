/** Where an imported network looks, and its maps, are what PyTorch says of the same weights. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { ModelSpec } from '#shared/model-spec.ts';
import { createBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { decodeSafetensors } from '#core/engine/checkpoint/safetensors.ts';
import { readOnnx } from '#core/engine/import/onnx.ts';
import { InspectService } from '#core/engine/inspect/service.ts';
import type { AttributionMap } from '#core/engine/inspect/tasks.ts';
import { innerRun } from '../helpers/inner-run.ts';
import { runPython } from './python.ts';

const folder = mkdtempSync(join(tmpdir(), 'fovea-inside-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('Grad-CAM inside of a ResNet-18 is PyTorch’s', async () => {
  await runPython(join(import.meta.dirname, 'pytorch/inside.py'), folder);
  const stem = join(folder, 'inside');
  const graph = readOnnx(readFileSync(`${stem}.onnx`), stem);
  const { tensors } = decodeSafetensors(readFileSync(`${stem}.safetensors`), stem);
  const sha256 = 'a'.repeat(64);
  const spec: ModelSpec = {
    name: 'inside',
    input: { height: 64, width: 64, channels: 1 },
    layers: [
      {
        ...{ type: 'backbone', model: sha256, cut: graph.outputs[0]!, trainableFrom: 'all' },
        preprocessing: { channels: 'grey', mean: [0.4], std: [0.25] },
      },
    ],
    loss: 'crossentropy',
    optimizer: { type: 'sgd' },
  };
  await innerRun(folder, spec, 10, { [sha256]: 'inside.onnx' });
  const service = new InspectService(createBackend(chooseBackend('cpu', 2), 2));
  const set = {
    ...spec.input,
    source: { kind: 'inline' as const, data: Uint8Array.from(tensors.get('picture')!.data) },
    slots: Uint32Array.of(0),
    labels: Int32Array.of(-1),
  };
  const cams = [...tensors.keys()].filter((key) => key.startsWith('cam.'));
  expect(cams).toHaveLength(8);
  for (const key of cams) {
    const [, name, index] = /^cam\.(.+)\.(\d)$/.exec(key)!;
    const node = graph.nodes.find(({ weights }) => weights.includes(`${name!}.weight`))!;
    const method = { type: 'cam' as const, layer: `backbone/${node.outputs[0]!}` };
    const found = (await service.perform(
      {
        task: 'attribution',
        subject: { runDir: folder, checkpoint: 'best' },
        input: { set, class: Number(index), method },
      },
      {},
    )) as AttributionMap;
    const { shape, data } = tensors.get(key)!;
    expect([found.height, found.width]).toEqual(shape);
    const largest = data.reduce((most, value) => Math.max(most, value), 1e-6);
    const far = found.values.reduce(
      (most, value, at) => Math.max(most, Math.abs(value - data[at]!)),
      0,
    );
    process.stdout.write(`${key}: ${(far / largest).toExponential(1)}\n`);
    expect(far / largest, key).toBeLessThan(1e-4);
  }
});
