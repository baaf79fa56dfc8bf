import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { compareContents } from '#core/engine/export/contents.ts';
import type { ModelSource } from '#core/engine/export/converter.ts';
import { toOnnxInt8 } from '#core/engine/export/int8/index.ts';
import { scaleOf, perChannel, quantized } from '#core/engine/export/quantize/scales.ts';
import { tfliteInt8Contents, toTfliteInt8 } from '#core/engine/export/tflite/index.ts';
import type { Graph } from '#core/engine/graph/types.ts';
import { buildInference } from '#core/engine/programs/inference.ts';
import { exportModels, exportSource, smoothImages } from '../../../helpers/export-models.ts';

const backend = createBackend(chooseBackend('cpu', 1), 1);
const folder = mkdtempSync(join(tmpdir(), 'fovea-int8-'));
afterAll(() => rmSync(folder, { recursive: true }));
const IMAGES = 24;

/** Calibrated on the images that are asked. */
function sourceOf(name: string): ModelSource {
  const source = exportSource(name);
  const { height, width, channels } = source.model.input;
  const calibration = {
    height,
    width,
    channels,
    source: { kind: 'inline' as const, data: smoothImages(source, IMAGES) },
    slots: Uint32Array.from({ length: IMAGES }, (_, index) => index),
    labels: new Int32Array(IMAGES).fill(-1),
  };
  return { ...source, calibration };
}

async function answers(source: ModelSource, model: Graph | string): Promise<Float32Array> {
  const { height, width, channels } = source.model.input;
  const program = await backend.compile(model);
  const dims = [IMAGES, height, width, channels];
  const image = { dtype: 'uint8' as const, dims, data: smoothImages(source, IMAGES) };
  const { probabilities } = await program.run({ image });
  const data = Float32Array.from(probabilities!.data as Float32Array);
  await program.dispose();
  return data;
}

describe('integers for real numbers', () => {
  it('have a zero of their own and cover the range', () => {
    const scale = scaleOf({ low: -1, high: 3 }, 0, 255);
    expect(scale.scale).toBeCloseTo(4 / 255, 6);
    expect(quantized(Float32Array.of(0, -1, 3, 9, -9), scale, 0, 255)).toEqual([
      64, 0, 255, 255, 0,
    ]);
    // All positive: 0 is the smallest.
    expect(scaleOf({ low: 2, high: 4 }, -128, 127).zeroPoint).toBe(-128);
    expect(scaleOf({ low: 0, high: 0 }, 0, 255)).toMatchObject({ zeroPoint: 0 });
  });

  it('have a scale for each channel of a kernel', () => {
    const { scales, integers } = perChannel(Float32Array.of(1, -2, 10, 5, 0, 0), [3, 2], 0, 64);
    expect([...integers]).toEqual([32, -64, 64, 32, 0, 0]);
    expect(scales[0]).toBeCloseTo(2 / 64, 6);
    const columns = perChannel(Float32Array.of(1, -2, 10, 5), [2, 2], 1, 10);
    expect([...columns.integers]).toEqual([1, -4, 10, 10]);
  });
});

describe.each(exportModels)('%s', (name) => {
  it('answers nearly the same in ONNX with integers', async () => {
    const source = sourceOf(name);
    const { model, parameters, views } = source;
    const files = await toOnnxInt8(source, {});
    const file = join(folder, `${name}.onnx`);
    writeFileSync(file, Buffer.concat(files[`${source.name}.onnx`]!));
    const before = await answers(source, buildInference(model, parameters, views));
    const after = await answers(source, file);
    const difference = before.reduce(
      (most, value, at) => Math.max(most, Math.abs(value - after[at]!)),
      0,
    );
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(0.05);
  });

  it('has its kernels as integers in TFLite', async () => {
    const source = sourceOf(name);
    const files = await toTfliteInt8(source, {});
    const bytes = Buffer.concat(files[`${source.name}.tflite`]!);
    const expected = tfliteInt8Contents.expected(source);
    expect(expected.size).toBeGreaterThan(1);
    const found = await tfliteInt8Contents.found(source, () => Promise.resolve(bytes));
    expect(compareContents(expected, found)).toEqual({ tensors: expected.size, maxDifference: 0 });
  });
});

it('asks for images to choose the integers by', async () => {
  await expect(toOnnxInt8(exportSource('blocks'), {})).rejects.toThrow(/no images/);
});
