import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { withWeightsInside } from '#core/engine/import/external.ts';
import { readOnnx } from '#core/engine/import/onnx.ts';
import { encode, foreignFile, foreignMessage, smallModel } from './foreign.ts';

const folder = mkdtempSync(join(tmpdir(), 'fovea-external-'));
afterAll(() => rmSync(folder, { recursive: true }));
const inner = join(folder, 'inner');
mkdirSync(inner);
const source = join(inner, 'model.onnx');

/** The small model with its kernel in a file of its own, from the third byte on. */
function outside(place: Record<string, string> = {}): Uint8Array {
  const message = foreignMessage(smallModel);
  const [kernel] = message.graph.initializer;
  const numbers = kernel!.raw_data;
  writeFileSync(join(inner, 'model.onnx.data'), Buffer.concat([Buffer.alloc(3), numbers]));
  const said = { location: 'model.onnx.data', offset: '3', length: `${numbers.length}`, ...place };
  Object.assign(kernel!, {
    raw_data: new Uint8Array(),
    external_data: Object.entries(said).map(([key, value]) => ({ key, value })),
    data_location: 1,
  });
  const bytes = encode(message);
  writeFileSync(source, bytes);
  return bytes;
}

const refusal = (place: Record<string, string>): Promise<string> =>
  withWeightsInside(outside(place), source).then(() => 'read', String);

it('puts weights from a file beside the model into it', async () => {
  const whole = await withWeightsInside(outside(), source);
  const expected = readOnnx(foreignFile(smallModel), 'model.onnx');
  expect(readOnnx(whole!, 'model.onnx').weights).toEqual(expected.weights);
  expect(await withWeightsInside(foreignFile(smallModel), source)).toBeNull();
  expect(await withWeightsInside(Buffer.from('no model'), source)).toBeNull();
});

it('looks in the folder of the model only', async () => {
  writeFileSync(join(folder, 'elsewhere.bin'), Buffer.alloc(1000));
  symlinkSync(join(folder, 'elsewhere.bin'), join(inner, 'link.bin'));
  mkdirSync(join(inner, 'deeper'), { recursive: true });
  for (const location of [
    '../elsewhere.bin',
    '/etc/passwd',
    'C:\\a',
    'deeper/a',
    '..',
    '',
    'a\0b',
  ]) {
    expect(await refusal({ location })).toMatch(/model\.onnx cannot be read .* said to lie at/);
  }
  expect(await refusal({ location: 'link.bin' })).toContain('link.bin is no file of its folder');
  expect(await refusal({ location: 'deeper' })).toContain('deeper is no file of its folder');
  expect(await refusal({ location: 'missing.bin' })).toContain('missing.bin, which is not there');
});

it('reads as much as the tensor needs and is there', async () => {
  for (const length of ['0', '140', '1e12', '-4', 'all']) {
    expect(await refusal({ length })).toContain('kernel is said to have another length');
  }
  expect(await refusal({ offset: '-1' })).toContain('kernel is said to have another length');
  expect(await refusal({ offset: '4' })).toContain('model.onnx.data is cut off');
  expect(await refusal({ offset: `${2 ** 60}` })).toContain('another length');
});

it('does not take more than a file may be', async () => {
  const message = foreignMessage(smallModel);
  const [kernel] = message.graph.initializer;
  Object.assign(kernel!, {
    dims: [2 ** 20, 2 ** 10],
    raw_data: new Uint8Array(),
    external_data: [{ key: 'location', value: 'model.onnx.data' }],
    data_location: 1,
  });
  await expect(withWeightsInside(encode(message), source)).rejects.toThrow('larger than 2 GB');
});
