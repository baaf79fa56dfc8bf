import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { AppError } from '#shared/errors.ts';
import { findPreset } from '#shared/presets/index.ts';
import { encodeSafetensors, type FloatTensor } from '#core/engine/checkpoint/safetensors.ts';
import { loadRun } from '#core/engine/checkpoint/run-folder.ts';
import { toPyTorch } from '#core/engine/export/pytorch/index.ts';
import { stateDictEntries, toStateDict } from '#core/engine/export/pytorch/state-dict.ts';
import { importModel } from '#core/engine/import/model.ts';
import { readPickle } from '#core/engine/import/state-dict/pickle.ts';
import { readTorch } from '#core/engine/import/state-dict/torch.ts';
import { torchvisionResNet } from '#core/engine/import/state-dict/torchvision.ts';
import { resolveModel } from '#core/engine/layers/resolve.ts';
import type { ImportModelJob } from '#core/engine/protocol.ts';
import { exportModels, exportSource } from '../../../helpers/export-models.ts';
import { called, named, torchFile, torchPickle } from '../../../helpers/torch-file.ts';
import { spoiledOf } from './spoil.ts';

const folder = mkdtempSync(join(tmpdir(), 'fovea-state-dict-'));
afterAll(() => rmSync(folder, { recursive: true }));
let counter = 0;

async function take(name: string, bytes: Uint8Array, changes: Partial<ImportModelJob> = {}) {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  const runDir = join(folder, `run-${counter++}`);
  const usual = { classNames: null, otherwise: ['a', 'b'], pixels: null, spec: null };
  const imported = await importModel({ file, runDir, ...usual, ...changes });
  return { imported, parameters: (await loadRun(runDir, 'best')).parameters };
}

const source = exportSource('blocks');
const dict = toStateDict(source.model, source.parameters);
const forBlocks = { spec: source.spec, classNames: [...source.classNames] };

function without(name: string): [string, FloatTensor][] {
  return dict.filter(([key]) => key !== name);
}

describe('weights of a state dict', () => {
  it.each(exportModels)('come back to the bit from our own PyTorch export: %s', async (name) => {
    const exported = exportSource(name);
    const files = await toPyTorch(exported, {});
    const bytes = Buffer.concat(files['model.safetensors']!);
    const { imported, parameters } = await take('model.safetensors', bytes);
    expect(imported).toMatchObject({ spec: exported.spec, classNames: exported.classNames });
    expect(new Map(parameters)).toEqual(new Map(exported.parameters));
  });

  it('are read from a file of torch.save, with views of numbers in another order', async () => {
    const { parameters } = await take('model.pt', torchFile(dict), forBlocks);
    expect(new Map(parameters)).toEqual(new Map(source.parameters));
    const [key, { shape, data }] = dict.find(([, each]) => each.shape.length === 2)!;
    const [rows = 1, columns = 1] = shape;
    const turned = dict.map(([name, tensor]) => {
      if (name !== key) return [name, tensor] as const;
      const columnwise = Float32Array.from(
        data,
        (_, at) => data[(at % rows) * columns + Math.floor(at / rows)]!,
      );
      return [name, { shape, data: columnwise }] as const;
    });
    const pickle = torchPickle(turned, (name, usual) =>
      name === key ? { ...usual, strides: [1, rows] } : usual,
    );
    const again = await take('turned.pt', torchFile(turned, pickle), forBlocks);
    expect(new Map(again.parameters)).toEqual(new Map(source.parameters));
  });

  it('name the first tensor that is missing, of another shape, or left over', async () => {
    const safetensors = (tensors: [string, FloatTensor][]) =>
      Buffer.concat(encodeSafetensors(tensors, {}));
    const refusal = (tensors: [string, FloatTensor][], changes = {}) =>
      take('model.safetensors', safetensors(tensors), { ...forBlocks, ...changes }).then(
        () => 'taken',
        (error: unknown) => String(error),
      );
    expect(await refusal(without('conv2d_1.weight'))).toContain(
      'conv2d_1.weight is missing, the model’s conv2d_1/kernel',
    );
    expect(await refusal(dict, { classNames: ['a', 'b'] })).toMatch(
      /dense\.weight is \[4, 10\], but the model’s dense\/kernel is \[2, 10\]/,
    );
    const more: [string, FloatTensor] = ['other.weight', { shape: [1], data: Float32Array.of(1) }];
    expect(await refusal([...dict, more])).toContain('it has other.weight, for which there is no');
    expect(await refusal(dict, { spec: null })).toContain('without the model that they are for');
  });

  it('have other names where torchvision wrote them', () => {
    const { spec, classes } = findPreset('resnet-18')!;
    // As `state_dict()` of torchvision 0.29 lists them.
    const file = join(import.meta.dirname, 'torchvision-resnet18.txt');
    const listed = readFileSync(file, 'utf8').trim().split('\n');
    const keys = listed.filter((name) => !name.endsWith('num_batches_tracked'));
    expect(torchvisionResNet(new Set(listed.toSorted()))).toEqual(keys);
    const entries = stateDictEntries(resolveModel(spec, classes));
    expect(entries).toHaveLength(keys.length);
    // The same kind of tensor at each place.
    for (const [index, { key }] of entries.entries()) {
      expect(keys[index]!.split('.').at(-1)).toBe(key.split('.').at(-1));
    }
  });
});

describe('a hostile pickle', () => {
  const file = (pickle: Buffer) => torchFile(dict, pickle);
  const refusal = (bytes: Uint8Array): string => {
    try {
      readTorch(bytes, 'model.pt');
      return 'read';
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return error.message;
    }
  };

  it('is not run', () => {
    const system = called(named('os', 'system'), [Buffer.from('X\x04\0\0\0true', 'latin1')]);
    expect(refusal(file(Buffer.concat([system, Buffer.from('.')])))).toBe(
      'model.pt cannot be read as weights: it would run os.system, which a state dict has no need of.',
    );
    const hidden = Buffer.from('\x80\x04\x8c\x08builtins\x8c\x04eval\x93.', 'latin1');
    expect(refusal(file(hidden))).toContain('it would run builtins.eval');
    expect(refusal(file(Buffer.from('I1\n.')))).toContain('it does what no state dict needs');
  });

  it('does not reach beyond its numbers, nor make many of few', () => {
    const [first] = dict;
    for (const place of [
      { shape: [1 << 15, 1 << 15], strides: [0, 0], offset: 0 },
      { shape: [2], strides: [1 << 30], offset: 0 },
      { shape: [1], strides: [1], offset: -1 },
      { shape: [1], strides: [1, 1], offset: 0 },
    ]) {
      const pickle = torchPickle(dict, (name, usual) => (name === first![0] ? place : usual));
      expect(refusal(file(pickle))).toMatch(/a tensor (has impossible sizes|is cut off)/);
    }
  });

  it('does not fill the stack or the memory', () => {
    const deep = Buffer.concat([
      Buffer.alloc(1_000_000, ']'),
      Buffer.alloc(999_999, 'a'),
      Buffer.from('.'),
    ]);
    expect(refusal(file(deep))).toContain('there is no state dict in it');
    expect(() => readPickle(Buffer.alloc(6_000_000, '0'))).toThrow(RangeError);
  });

  it('is read or explained, whatever happened to it', () => {
    const pickle = torchPickle(dict);
    fc.assert(
      fc.property(spoiledOf(pickle), (bytes) => {
        expect(refusal(file(Buffer.from(bytes)))).toMatch(
          /^(read|model\.pt cannot be read as weights)/,
        );
      }),
      { numRuns: 150 },
    );
    fc.assert(
      fc.property(spoiledOf(torchFile(dict.slice(0, 3))), (bytes) => {
        expect(refusal(bytes)).toMatch(/^(read|model\.pt )/);
      }),
      { numRuns: 150 },
    );
  });
});
