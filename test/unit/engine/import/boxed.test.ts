/** The network that comes with the app. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { GraphBuilder } from '#core/engine/graph/builder.ts';
import { readOnnx } from '#core/engine/import/onnx.ts';
import { replay } from '#core/engine/import/replay.ts';

const folder = join(import.meta.dirname, '../../../../resources/backbones');
const bytes = readFileSync(join(folder, 'efficientnet-lite0.onnx'));
const graph = readOnnx(bytes, 'efficientnet-lite0.onnx');

it('is the file that its page describes', () => {
  const digest = createHash('sha256').update(bytes).digest('hex');
  expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain(digest);
});

it('says what it wants and what it knows', () => {
  const { metadata, input, cut } = graph;
  expect(metadata.family).toBe('efficientnet-lite');
  expect(metadata.preprocessing).toMatchObject({ height: 224, channels: 'rgb' });
  expect(metadata.classes).toHaveLength(1000);
  expect(metadata.classes?.[967]).toBe('espresso');
  expect(input).toMatchObject({ channels: 3, height: null, width: null });
  expect(cut).toBe('features');
  const trained = [...graph.weights].filter(([name]) => !graph.statistics.has(name));
  expect(trained.reduce((sum, [, { data }]) => sum + data.length, 0)).toBe(4_652_008);
  expect(graph.nodes.every(({ gradient }) => gradient)).toBe(true);
});

it('answers as the published weights do in PyTorch', async () => {
  const b = new GraphBuilder('boxed');
  const x = b.input('x', 'float32', ['batch', 3, 64, 64]);
  b.output(
    'logits',
    replay(b, graph, x, {
      cut: 'logits',
      parameter: (name) => b.initializer(name, graph.weights.get(name)!),
    }),
  );
  const program = await createBackend(chooseBackend('cpu', 1), 1).compile(b.finish());
  const data = Float32Array.from({ length: 3 * 64 * 64 }, (_, at) => Math.sin(at * 0.37));
  const { logits } = await program.run({ x: { dtype: 'float32', dims: [1, 3, 64, 64], data } });
  await program.dispose();
  const found = [...(logits!.data as Float32Array)];
  // The five largest of PyTorch 2.13.
  for (const [place, logit] of [
    [905, 24.3847],
    [807, 19.0684],
    [753, 18.8137],
    [858, 18.7063],
    [811, 18.5931],
  ] as const) {
    expect(found[place]).toBeCloseTo(logit, 2);
  }
  expect(found.indexOf(Math.max(...found))).toBe(905);
});
