import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MANIFEST, stageExport } from '#core/exports/place.ts';

const origin = { project: 'p', run: 'r1', checkpoint: 'best', format: 'onnx' };
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fovea-place-'));
});
afterEach(() => rmSync(root, { recursive: true }));

async function exportOnce(target: string, content: string, from = origin): Promise<void> {
  const staging = await stageExport(target, ['m.onnx', 'README.md'], from);
  try {
    writeFileSync(join(staging.directory, 'm.onnx'), content);
    writeFileSync(join(staging.directory, 'README.md'), 'read me');
    const { project, ...rest } = from;
    const files = [
      { name: 'm.onnx', sha256: sha256(content) },
      { name: 'README.md', sha256: sha256('read me') },
    ];
    writeFileSync(
      join(staging.directory, MANIFEST),
      JSON.stringify({ ...rest, project: { id: project }, files }),
    );
    await staging.commit();
  } finally {
    await staging.discard();
  }
}

describe('stageExport', () => {
  it('makes the folder, and leaves nothing but the files', async () => {
    const target = join(root, 'a', 'b');
    await exportOnce(target, 'one');
    expect(readdirSync(target).sort()).toEqual(['README.md', MANIFEST, 'm.onnx'].sort());
  });

  it('moves folders too, and refuses what was not known to come', async () => {
    const put = async (content: string) => {
      const staging = await stageExport(root, ['m.onnx'], origin);
      mkdirSync(join(staging.directory, 'data'));
      writeFileSync(join(staging.directory, 'data', 'one.bin'), content);
      try {
        await staging.commit();
      } finally {
        await staging.discard();
      }
    };
    await put('first');
    expect(readFileSync(join(root, 'data', 'one.bin'), 'utf8')).toBe('first');
    expect(readdirSync(root)).toEqual(['data']);
    await expect(put('second')).rejects.toThrow(/one\.bin is already there/);
    expect(readFileSync(join(root, 'data', 'one.bin'), 'utf8')).toBe('first');
  });

  it('leaves nothing at all when it is given up', async () => {
    const target = join(root, 'new');
    const staging = await stageExport(target, ['m.onnx'], origin);
    writeFileSync(join(staging.directory, 'm.onnx'), 'half');
    await staging.discard();
    expect(readdirSync(root)).toEqual([]);
  });

  it('replaces its own earlier export, beside files of the user', async () => {
    writeFileSync(join(root, 'photo.jpg'), 'mine');
    await exportOnce(root, 'one');
    await exportOnce(root, 'two');
    expect(readFileSync(join(root, 'm.onnx'), 'utf8')).toBe('two');
    expect(readFileSync(join(root, 'photo.jpg'), 'utf8')).toBe('mine');
  });

  it('never replaces a file of the user', async () => {
    writeFileSync(join(root, 'README.md'), 'my notes');
    await expect(exportOnce(root, 'one')).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
      subject: join(root, 'README.md'),
    });
    expect(readFileSync(join(root, 'README.md'), 'utf8')).toBe('my notes');
  });

  it('never replaces an exported file that was changed since', async () => {
    await exportOnce(root, 'one');
    writeFileSync(join(root, 'README.md'), 'read me, with my notes');
    await expect(exportOnce(root, 'two')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(readFileSync(join(root, 'm.onnx'), 'utf8')).toBe('one');
    expect(readdirSync(root).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('never replaces the export of another run', async () => {
    await exportOnce(root, 'one');
    await expect(exportOnce(root, 'two', { ...origin, run: 'r2' })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
      message: expect.stringContaining('run r1') as string,
    });
  });

  it('says so when the place is a file, or no full path', async () => {
    writeFileSync(join(root, 'file'), '');
    await expect(exportOnce(join(root, 'file'), 'one')).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    await expect(exportOnce('somewhere', 'one')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    mkdirSync(join(root, 'empty'));
    await exportOnce(join(root, 'empty'), 'one');
    expect(readdirSync(join(root, 'empty'))).toHaveLength(3);
  });
});
