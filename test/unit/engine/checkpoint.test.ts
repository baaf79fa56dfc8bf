import { readdir, readFile, writeFile, mkdir, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { getuid } from 'node:process';
import { describe, expect, it } from 'vitest';
import { writeAtomically } from '#core/engine/checkpoint/atomic.ts';
import { loadRun, readModelFile } from '#core/engine/checkpoint/run-folder.ts';
import { decodeSafetensors, encodeSafetensors } from '#core/engine/checkpoint/safetensors.ts';
import { temporaryFolder } from './helpers.ts';

const tensors = [
  ['a/kernel', { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, NaN, Infinity) }],
  ['ünïcode', { shape: [1], data: Float32Array.of(-0) }],
  ['empty', { shape: [0], data: new Float32Array(0) }],
] as const;

function encode(): Buffer {
  return Buffer.concat(encodeSafetensors(tensors, { epoch: '3', 名: 'x' }));
}

describe('safetensors', () => {
  it('comes back as it was', () => {
    const { tensors: back, metadata } = decodeSafetensors(encode(), 'f');
    expect([...back]).toEqual(tensors);
    expect(metadata).toEqual({ epoch: '3', 名: 'x' });
  });

  it('begins its tensors at a multiple of eight', () => {
    expect(encode().readBigUInt64LE() % 8n).toBe(0n);
  });

  it('reads from a view that begins anywhere', () => {
    const shifted = Buffer.concat([Buffer.alloc(3), encode()]).subarray(3);
    expect([...decodeSafetensors(shifted, 'f').tensors]).toEqual(tensors);
  });

  it('rejects every cut-off file', () => {
    const whole = encode();
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeSafetensors(whole.subarray(0, length), 'f.safetensors')).toThrow(
        'The checkpoint f.safetensors is damaged',
      );
    }
  });

  it.each([
    ['text', Buffer.from('this is no checkpoint at all, just text')],
    [
      'a header that is no object',
      Buffer.concat([Buffer.of(4, 0, 0, 0, 0, 0, 0, 0), Buffer.from('null')]),
    ],
    [
      'another type',
      Buffer.concat([
        Buffer.of(56, 0, 0, 0, 0, 0, 0, 0),
        Buffer.from('{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}  '),
        Buffer.alloc(2),
      ]),
    ],
  ])('rejects %s', (_name, bytes) => {
    expect(() => decodeSafetensors(bytes, 'f')).toThrow('damaged');
  });
});

describe('writeAtomically', () => {
  it('replaces a file and leaves nothing else', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'deep', 'file');
    await writeAtomically(file, [Buffer.from('one')]);
    await writeAtomically(file, [Buffer.from('two'), Buffer.from('!')]);
    expect(await readFile(file, 'utf8')).toBe('two!');
    expect(await readdir(join(folder, 'deep'))).toEqual(['file']);
  });

  it('says that a folder may not be written', async ({ skip }) => {
    // Root may write anywhere.
    if (getuid?.() === 0) skip();
    const folder = await temporaryFolder();
    await chmod(folder, 0o500);
    await expect(writeAtomically(join(folder, 'f'), [])).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    });
  });

  it('says where it was to write when a file is in the way', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), '');
    await expect(writeAtomically(join(folder, 'file', 'f'), [])).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['file']);
  });
});

describe('a run folder', () => {
  it('without a model is not ready', async () => {
    await expect(readModelFile(await temporaryFolder())).rejects.toMatchObject({
      code: 'RUN_NOT_READY',
    });
  });

  it('with a damaged model says which file', async () => {
    const folder = await temporaryFolder();
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'model.json'), '{"format":1');
    await expect(loadRun(folder, 'best')).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      subject: join(folder, 'model.json'),
    });
  });
});
