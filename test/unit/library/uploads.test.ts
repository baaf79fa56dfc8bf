import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Uploads } from '#core/library/uploads.ts';
import { createLogger } from '#core/logger.ts';

let dataDir: string;
let uploads: Uploads;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'fovea-uploads-'));
  uploads = new Uploads({ dataDir, log: createLogger('silent'), maxBytes: 1000 });
});
afterEach(async () => {
  await uploads.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const body = (bytes: number): ReadableStream<Uint8Array> =>
  new Blob([new Uint8Array(bytes)]).stream();

it('streams a file to its place below the session', async () => {
  const session = uploads.create();
  expect(await uploads.write(session, 'a/b/c.png', body(900))).toEqual({ bytes: 900 });
  expect(readFileSync(join(uploads.directory(session), 'a/b/c.png'))).toHaveLength(900);
});

it('refuses what is too large and leaves nothing of it', async () => {
  const session = uploads.create();
  await expect(uploads.write(session, 'big.png', body(1001))).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    subject: 'big.png',
  });
  expect(readdirSync(join(dataDir, 'uploads'), { recursive: true })).toEqual([session]);
});

it('leaves nothing of a file whose sender went away', async () => {
  const session = uploads.create();
  const broken = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new Uint8Array(10));
      controller.error(new Error('gone'));
    },
  });
  await expect(uploads.write(session, 'a.png', broken)).rejects.toThrow('gone');
  expect(readdirSync(uploads.directory(session))).toEqual([]);
  expect(readdirSync(join(dataDir, 'uploads'))).toEqual([session]);
});

it('knows its own sessions only', async () => {
  mkdirSync(join(dataDir, 'uploads', '0b0e2b52-6a6c-4b8e-9f0f-000000000000'), { recursive: true });
  for (const session of ['0b0e2b52-6a6c-4b8e-9f0f-000000000000', '..', '../..', '']) {
    expect(() => uploads.directory(session)).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    );
    await expect(uploads.write(session, 'a.png', body(1))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  }
});

it('removes sessions on request, on close, and those that a killed process left', async () => {
  const old = join(dataDir, 'uploads', 'left behind');
  mkdirSync(old, { recursive: true });
  utimesSync(old, 0, 0);
  const [a, b] = [uploads.create(), uploads.create()];
  const [directoryA, directoryB] = [uploads.directory(a), uploads.directory(b)];
  await uploads.remove(a);
  expect(existsSync(directoryA)).toBe(false);
  expect(existsSync(directoryB)).toBe(true);
  await expect.poll(() => existsSync(old)).toBe(false);
  await uploads.close();
  expect(existsSync(directoryB)).toBe(false);
});
