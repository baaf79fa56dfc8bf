import { describe, expect, it } from 'vitest';
import { presets } from '#shared/presets/index.ts';
import { pyTorchContents, toPyTorch } from '#core/engine/export/pytorch/index.ts';
import { stateDictEntries } from '#core/engine/export/pytorch/state-dict.ts';
import { compareContents } from '#core/engine/export/contents.ts';
import { resolveModel } from '#core/engine/layers/resolve.ts';
import type { ModelSource } from '#core/engine/export/converter.ts';
import { exportModels, exportSource } from '../../../helpers/export-models.ts';

async function files(source: ModelSource): Promise<Record<string, Buffer>> {
  const written = await toPyTorch(source, {});
  return Object.fromEntries(
    Object.entries(written).map(([name, pieces]) => [name, Buffer.concat(pieces)]),
  );
}

describe('a model for PyTorch', () => {
  it.each(exportModels)('has a module for each layer with weights: %s', async (name) => {
    const source = exportSource(name);
    const { 'model.py': program } = await files(source);
    const text = String(program);
    for (const { key } of stateDictEntries(source.model)) {
      expect(text).toContain(`self.${key.split('.')[0]} = `);
    }
  });

  it('reads as a person would write it', async () => {
    const { 'model.py': program } = await files(exportSource('blocks'));
    const text = String(program);
    const model = text.slice(text.indexOf('class Model'), text.indexOf('def load'));
    expect(model).toMatchSnapshot();
  });

  it('takes no name that a module has already', async () => {
    const { 'model.py': program } = await files(exportSource('normalizations'));
    expect(String(program)).toContain('self.first_layer = nn.Conv2d(1, 8, (3, 3))');
  });

  it('is checked by its numbers, of which none may differ', async () => {
    const source = exportSource('convolutions');
    const written = await files(source);
    const read = (name: string) => Promise.resolve(written[name]!);
    const expected = [...pyTorchContents.expected(source)];
    const found = await pyTorchContents.found(source, read);
    expect(compareContents(expected, found)).toEqual({
      tensors: expected.length,
      maxDifference: 0,
    });
    written['model.safetensors']!.writeFloatLE(7, written['model.safetensors']!.length - 4);
    const changed = compareContents(expected, await pyTorchContents.found(source, read));
    expect(changed.maxDifference).toBeGreaterThan(0.1);
  });

  it.each(presets.map((preset) => [preset.info.id, preset] as const))(
    'gives each weight of %s a name of its own',
    (_id, { spec, classes }) => {
      const keys = stateDictEntries(resolveModel(spec, classes)).map(({ key }) => key);
      expect(new Set(keys).size).toBe(keys.length);
    },
  );
});
