/** Which file of a folder, or of what was dropped, is the model. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Uploads } from '#core/library/uploads.ts';
import { findModelFile } from '#core/runs/model-source.ts';

let root: string;
let uploads: Uploads;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fovea-model-source-'));
  uploads = new Uploads({ dataDir: join(root, 'data'), log: pino({ level: 'silent' }) });
});
afterEach(() => rmSync(root, { recursive: true }));

function put(...names: string[]): void {
  for (const name of names) writeFileSync(join(root, name), 'x');
}

describe('findModelFile', () => {
  it('takes a file as it is, and the only model of a folder', async () => {
    put('weights.bin', 'model.json', 'notes.txt');
    const file = join(root, 'notes.txt');
    expect(await findModelFile(file, uploads)).toBe(file);
    expect(await findModelFile(root, uploads)).toBe(join(root, 'model.json'));
  });

  it('says so where there is none, or more than one', async () => {
    put('notes.txt', 'more.txt');
    await expect(findModelFile(root, uploads)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    put('one.keras', 'two.h5');
    await expect(findModelFile(root, uploads)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('one.keras, two.h5') as string,
    });
    await expect(findModelFile(join(root, 'gone'), uploads)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('finds it in what was dropped, in a folder too, whatever a single file is called', async () => {
    const session = uploads.create();
    const folder = join(uploads.directory(session), 'mine');
    mkdirSync(folder);
    writeFileSync(join(folder, 'model.json'), 'x');
    writeFileSync(join(folder, 'group1-shard1of1.bin'), 'x');
    expect(await findModelFile(`upload:${session}`, uploads)).toBe(join(folder, 'model.json'));
    const other = uploads.create();
    const only = join(uploads.directory(other), 'network.json');
    writeFileSync(only, 'x');
    expect(await findModelFile(`upload:${other}`, uploads)).toBe(only);
  });
});
