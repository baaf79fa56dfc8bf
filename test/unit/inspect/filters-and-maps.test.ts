import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unpackFloats } from '#shared/float-text.ts';
import { createTestCore, finished, type TestCore } from '../../helpers/core.ts';
import {
  convolveRelu,
  maxPool,
  weightsOf,
  type Planes,
  type Tensor,
} from '../../helpers/onnx-file.ts';
import { createProject, trainRun } from '../../helpers/training.ts';

let test: TestCore;
let project: string;
let run: string;
let image: number;
let weights: Map<string, Tensor>;

beforeAll(async () => {
  test = await createTestCore();
  const { client } = test;
  project = await createProject(test, 'squares', { train: 120, test: 40 });
  [image] = (await client.library.images.ids({ project })) as [number];
  ({
    run: { id: run },
  } = await trainRun(client, project));
  const directory = join(test.folder, 'export');
  const { job } = await client.exports.start({ project, run, format: 'onnx', directory });
  const { result } = await finished(client, job);
  if (result?.type !== 'export') throw new Error('no export');
  const { files } = await client.exports.get({ project, export: result.export });
  const file = files.map(({ path }) => path).find((path) => path.endsWith('.onnx'))!;
  weights = weightsOf(resolve(directory, file));
}, 60_000);
afterAll(() => test.close());

const floats = async (file: File) => new Float32Array(await file.arrayBuffer());
const bytes = async (file: File) => new Uint8Array(await file.arrayBuffer());
const source = () => ({ image });

async function picture(): Promise<Planes> {
  const { pixels, ...size } = await test.client.inspect.pixels({ project, run, source: source() });
  return { ...size, data: Float32Array.from(await bytes(pixels), (value) => value / 255) };
}

function expectNear(found: Float32Array, expected: Float32Array, tolerance: number): void {
  expect(found.length).toBe(expected.length);
  const worst = found.reduce(
    (most, value, at) => Math.max(most, Math.abs(value - expected[at]!)),
    0,
  );
  expect(worst).toBeLessThan(tolerance);
}

describe('layers', () => {
  it('are those that give out images', async () => {
    const { input, layers } = await test.client.inspect.layers({ project, run });
    expect(input).toEqual({ height: 28, width: 28, channels: 1 });
    expect(
      layers.map(({ name, kind, height, channels }) => [name, kind, height, channels]),
    ).toEqual([
      ['conv2d', 'conv', 26, 32],
      ['max_pooling2d', 'pool', 13, 32],
      ['conv2d_1', 'conv', 11, 64],
    ]);
    expect(layers.map(({ seesImage }) => seesImage)).toEqual([true, false, false]);
    expect(layers[2]?.kernels).toEqual([
      { name: 'kernel', filters: 64, channels: 32, height: 3, width: 3 },
    ]);
  });
});

describe('filters', () => {
  it('are the weights of the exported file', async () => {
    for (const layer of ['conv2d', 'conv2d_1']) {
      const found = await test.client.inspect.filters({ project, run, layer });
      const { dims, data } = weights.get(`${layer}/kernel`)!;
      const { filters, channels, height, width } = found.kernel;
      expect([filters, channels, height, width]).toEqual(dims);
      expect(await floats(found.values)).toEqual(data);
      expect(found.biases).toEqual([...weights.get(`${layer}/bias`)!.data]);
      const size = data.length / filters;
      found.norms.forEach((norm, filter) => {
        expect(norm).toBeCloseTo(
          Math.hypot(...data.subarray(filter * size, (filter + 1) * size)),
          5,
        );
      });
      expect(found.groups.flat().toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: filters }, (_, filter) => filter),
      );
    }
  });

  it('are refused for layers that have none', async () => {
    const { inspect } = test.client;
    await expect(inspect.filters({ project, run, layer: 'max_pooling2d' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
    await expect(inspect.filters({ project, run, layer: 'dense' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('feature maps', () => {
  it('are what plain loops make of the exported weights', async () => {
    const first = convolveRelu(
      await picture(),
      weights.get('conv2d/kernel')!,
      weights.get('conv2d/bias')!,
    );
    const pooled = maxPool(first);
    const second = convolveRelu(
      pooled,
      weights.get('conv2d_1/kernel')!,
      weights.get('conv2d_1/bias')!,
    );
    const expected = { conv2d: first, max_pooling2d: pooled, conv2d_1: second };
    for (const [layer, planes] of Object.entries(expected)) {
      const found = await test.client.inspect.activations({
        project,
        run,
        source: source(),
        layer,
      });
      expect([found.channels.length, found.height, found.width]).toEqual([
        planes.channels,
        planes.height,
        planes.width,
      ]);
      expectNear(await floats(found.values), planes.data, 1e-5);
    }
  });

  it('come as tiles, less their mean, by their deviation, × 64 + 128', async () => {
    const { layers, tiles, probabilities } = await test.client.inspect.maps({
      project,
      run,
      source: source(),
    });
    expect(layers.map(({ layer }) => layer)).toEqual(['conv2d', 'max_pooling2d', 'conv2d_1']);
    expect(probabilities.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 5);
    const all = await bytes(tiles);
    for (const { layer, height, width, channels, offset, zeros } of layers) {
      const { values } = await test.client.inspect.activations({
        project,
        run,
        source: source(),
        layer,
      });
      const numbers = await floats(values);
      expect(zeros).toBeCloseTo(numbers.filter((value) => value === 0).length / numbers.length, 6);
      const size = height * width;
      for (const channel of channels.keys()) {
        const map = [...numbers.subarray(channel * size, (channel + 1) * size)];
        const mean = map.reduce((sum, value) => sum + value, 0) / size;
        const deviation = Math.sqrt(
          map.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size,
        );
        const tile = all.subarray(offset + channel * size, offset + (channel + 1) * size);
        tile.forEach((byte, at) => {
          const value = deviation > 0 ? ((map[at]! - mean) / deviation) * 64 + 128 : 128;
          expect(Math.abs(byte - Math.min(255, Math.max(0, value)))).toBeLessThanOrEqual(0.51);
        });
      }
    }
  });

  it('are made smaller where tiles are to be small', async () => {
    const { layers, tiles } = await test.client.inspect.maps({
      project,
      run,
      source: source(),
      layers: ['conv2d'],
      edge: 13,
    });
    expect(layers[0]).toMatchObject({ height: 26, tileHeight: 13, tileWidth: 13, offset: 0 });
    expect(tiles.size).toBe(32 * 13 * 13);
  });

  it('are the same for the pixels of an image as for the image', async () => {
    const { client } = test;
    const { pixels } = await client.inspect.pixels({ project, run, source: source() });
    const wanted = { project, run, layer: 'conv2d', channels: [5, 1] };
    const given = await client.inspect.activations({ ...wanted, source: { pixels } });
    const known = await client.inspect.activations({ ...wanted, source: source() });
    expect(given.channels).toEqual([5, 1]);
    expect(given.stats).toEqual(known.stats);
    expect(await floats(given.values)).toEqual(await floats(known.values));
  });

  it('are refused for pixels of another size and for channels that there are not', async () => {
    const { inspect } = test.client;
    await expect(
      inspect.maps({ project, run, source: { pixels: new File([new Uint8Array(9)], 'p') } }),
    ).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(
      inspect.activations({ project, run, source: source(), layer: 'conv2d', channels: [32] }),
    ).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});

describe('where it looks', () => {
  it('comes as a stream that can be left', async () => {
    const { client } = test;
    const maps: { done: number; total: number; values: Float32Array }[] = [];
    const stream = await client.inspect.explain({
      project,
      run,
      source: source(),
      method: { type: 'occlusion', patch: 8, stride: 2, fill: 'mean' },
    });
    for await (const { values, ...map } of stream) {
      expect([map.height, map.width]).toEqual([28, 28]);
      maps.push({ ...map, values: unpackFloats(values) });
    }
    expect(maps.at(-1)).toMatchObject({ done: 121, total: 121 });
    expect(maps.at(-1)?.values.length).toBe(784);

    const again = await client.inspect.explain({
      project,
      run,
      source: source(),
      method: { type: 'smoothgrad', samples: 1000 },
    });
    for await (const { done, total } of again) {
      expect(done).toBeLessThan(total);
      break;
    }
    // The engine is free for others.
    await client.inspect.filters({ project, run, layer: 'conv2d' });
  });

  it('is refused for a class that there is not', async () => {
    const stream = await test.client.inspect.explain({
      project,
      run,
      source: source(),
      method: { type: 'cam' },
      class: 7,
    });
    await expect(stream.next()).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});
