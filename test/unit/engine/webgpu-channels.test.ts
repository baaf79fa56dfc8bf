/** Convolutions that WebGPU gets wrong, filled up with channels of zeros. */
import { describe, expect, it } from 'vitest';
import { createBackend } from '#core/engine/backends/index.ts';
import { fillChannels } from '#core/engine/backends/webgpu-channels.ts';
import { GraphBuilder } from '#core/engine/graph/builder.ts';
import type { Graph, TensorData } from '#core/engine/graph/types.ts';
import { validate } from '#core/engine/graph/validate.ts';
import { Random } from '#core/engine/random.ts';

const cpu = createBackend({ id: 'cpu', label: 'CPU' }, 1);

/** Two convolutions of the same images. */
function twice(channels: number, filters: number, size = 3, padding = 0): Graph {
  const b = new GraphBuilder('twice');
  const x = b.input('x', 'float32', [2, channels, 9, 9]);
  const attributes = {
    kernel_shape: [size, size],
    strides: [1, 1],
    dilations: [1, 1],
    pads: [padding, padding, 0, 0],
  };
  for (const name of ['v', 'w']) {
    const kernel = b.input(name, 'float32', [filters, channels, size, size]);
    b.output(`by_${name}`, b.op('Conv', [x, kernel], attributes));
  }
  return b.finish();
}

function numbersFor({ inputs }: Graph): Record<string, TensorData> {
  const random = new Random(1, 'channels');
  return Object.fromEntries(
    inputs.map(({ name, shape }) => {
      const dims = shape.map(Number);
      const length = dims.reduce((product, size) => product * size, 1);
      const data = Float32Array.from({ length }, () => random.uniform() - 0.5);
      return [name, { dtype: 'float32' as const, dims, data }];
    }),
  );
}

describe('fillChannels', () => {
  it.each([
    [6, 3, 0],
    [9, 3, 0],
    [15, 3, 0],
    [18, 3, 0],
    [6, 1, 1],
  ])('gives %i channels zeros up to whole vectors (kernel %i)', async (channels, size, padding) => {
    const graph = twice(channels, 8, size, padding);
    const filled = fillChannels(graph);
    expect(() => validate(filled)).not.toThrow();
    const convolutions = filled.nodes.filter(({ op }) => op === 'Conv');
    expect(convolutions.map(({ inputs }) => Number(inputs[0]?.shape[1]) % 4)).toEqual([0, 0]);
    // The images they share are filled once.
    expect(filled.nodes.filter(({ op }) => op === 'Pad')).toHaveLength(3);
    const feeds = numbersFor(graph);
    const [before, after] = await Promise.all(
      [graph, filled].map(async (one) => (await cpu.compile(one)).run(feeds)),
    );
    for (const [name, { data }] of Object.entries(before!)) {
      const found = after![name]!.data;
      data.forEach((value, at) => expect(found[at]).toBeCloseTo(Number(value), 5));
    }
  });

  it.each([
    [3, 8, 3],
    [8, 8, 3],
    [10, 8, 3],
    [12, 8, 3],
    [6, 6, 3],
    [6, 8, 1],
  ])('leaves %i channels to %i by kernels of %i alone', (channels, filters, size) => {
    const graph = twice(channels, filters, size);
    expect(fillChannels(graph)).toBe(graph);
  });
});
