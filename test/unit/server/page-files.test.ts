import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageFile } from '#main/server/page-files.ts';

let folder: string;
let outside: string;

beforeAll(() => {
  const base = mkdtempSync(join(tmpdir(), 'fovea-pages-'));
  folder = join(base, 'renderer');
  outside = base;
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), '<p>page</p>');
  writeFileSync(join(folder, 'assets', 'main-1a2b.js'), 'export {}');
  writeFileSync(join(folder, 'secret'), 'no type');
  writeFileSync(join(base, 'secret.txt'), 'outside');
  writeFileSync(join(base, 'renderer-other.html'), 'a sibling with the same beginning');
  symlinkSync(folder, join(folder, 'loop'));
});
afterAll(() => rmSync(outside, { recursive: true }));

describe('pageFile', () => {
  it('answers / with the page, never from a cache', async () => {
    const response = await pageFile(folder, '/');
    expect(await response?.text()).toBe('<p>page</p>');
    expect(response?.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response?.headers.get('cache-control')).toBe('no-cache');
  });

  it('lets hashed assets be cached for ever', async () => {
    const response = await pageFile(folder, '/assets/main-1a2b.js');
    expect(response?.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(response?.headers.get('cache-control')).toContain('immutable');
  });

  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt',
    '/..\\secret.txt',
    '/../renderer-other.html',
    '/index.html%00.txt',
    '/%E0%A4%A',
    '/missing.html',
    '/assets',
    '/secret',
  ])('has nothing at %s', async (path) => {
    expect(await pageFile(folder, path)).toBeNull();
  });
});
