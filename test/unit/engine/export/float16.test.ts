import { describe, expect, it } from 'vitest';
import { createBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { foldBatchNormalization } from '#core/engine/export/fold-batch-normalization.ts';
import { toFloat16 } from '#core/engine/export/float16/to-float16.ts';
import { toHalf } from '#core/engine/graph/half.ts';
import type { Graph } from '#core/engine/graph/types.ts';
import { buildInference } from '#core/engine/programs/inference.ts';
import { exportModels, exportSource, smoothImages } from '../../../helpers/export-models.ts';

const backend = createBackend(chooseBackend('cpu', 1), 1);
const IMAGES = 20;

async function answers(name: string, graph: Graph): Promise<Float32Array> {
  const source = exportSource(name);
  const { height, width, channels } = source.model.input;
  const program = await backend.compile(graph);
  const image = {
    dtype: 'uint8' as const,
    dims: [IMAGES, height, width, channels],
    data: smoothImages(source, IMAGES),
  };
  const { probabilities } = await program.run({ image });
  const data = Float32Array.from(probabilities!.data as Float32Array);
  await program.dispose();
  return data;
}

function graphOf(name: string): Graph {
  const { model, parameters, views } = exportSource(name);
  return buildInference(model, parameters, views);
}

function largestDifference(one: Float32Array, other: Float32Array): number {
  expect(one.length).toBe(other.length);
  return one.reduce((most, value, at) => Math.max(most, Math.abs(value - other[at]!)), 0);
}

describe('numbers in half precision', () => {
  it('are rounded to the nearest, of two equally near to the even one', () => {
    const cases: [number, number][] = [
      [0, 0],
      [-0, 0x8000],
      [1, 0x3c00],
      [-2, 0xc000],
      [65504, 0x7bff],
      [65519, 0x7bff],
      [65520, 0x7c00],
      [-Infinity, 0xfc00],
      [2 ** -14, 0x0400],
      [2 ** -24, 0x0001],
      [2 ** -25, 0],
      [3 * 2 ** -25, 0x0002],
      [1 + 2 ** -11, 0x3c00],
      [1 + 3 * 2 ** -11, 0x3c02],
      [2047.5 / 1024, 0x4000],
      [1 / 3, 0x3555],
    ];
    expect([...toHalf(Float32Array.from(cases, ([value]) => value))]).toEqual(
      cases.map(([, bits]) => bits),
    );
    expect(toHalf(Float32Array.of(Number.NaN))[0]! & 0x7fff).toBeGreaterThan(0x7c00);
  });
});

describe.each(exportModels)('%s', (name) => {
  it('answers the same with batch normalisation in its weights', async () => {
    const graph = graphOf(name);
    const folded = foldBatchNormalization(graph);
    expect(folded.nodes.some(({ op }) => op === 'BatchNormalization')).toBe(false);
    const difference = largestDifference(await answers(name, graph), await answers(name, folded));
    expect(difference).toBeLessThan(1e-5);
  });

  it('answers nearly the same in half precision, with weights of half the size', async () => {
    const graph = graphOf(name);
    const half = toFloat16(foldBatchNormalization(graph));
    const weights = half.constants.filter(({ shape }) => shape.length > 1);
    expect(weights.some(({ dtype }) => dtype === 'float16')).toBe(true);
    expect(weights.filter(({ dtype }) => dtype === 'float32').map(({ shape }) => shape)).toEqual(
      [],
    );
    const difference = largestDifference(await answers(name, graph), await answers(name, half));
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(5e-3);
  });
});
