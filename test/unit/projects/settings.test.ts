import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLogger } from '#core/logger.ts';
import { SettingsStore } from '#core/settings.ts';

let dataDir: string;
const open = (): SettingsStore => new SettingsStore({ dataDir, log: createLogger('silent') });

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'fovea-settings-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

it('starts with defaults, the user as author, and writes nothing', () => {
  expect(open().get()).toEqual({
    theme: 'system',
    author: userInfo().username,
    autoAdvance: true,
    thumbnailSize: 128,
    imageMemory: null,
    keymap: {},
  });
  expect(readdirSync(dataDir)).toEqual([]);
});

it('keeps what was changed', () => {
  open().update({ theme: 'dark', keymap: { next: 'j' } });
  expect(open().get()).toMatchObject({ theme: 'dark', keymap: { next: 'j' }, autoAdvance: true });
  expect(readdirSync(dataDir)).toEqual(['settings.json']);
});

it('does not undo what another process changed', () => {
  const [a, b] = [open(), open()];
  a.update({ theme: 'light' });
  expect(b.update({ author: 'Ada' })).toMatchObject({ theme: 'light', author: 'Ada' });
});

it('refuses what is not valid, and keeps what was', () => {
  const settings = open();
  expect(() => settings.update({ thumbnailSize: 9999 })).toThrow(
    expect.objectContaining({ code: 'INVALID_INPUT' }),
  );
  expect(settings.get().thumbnailSize).toBe(128);
});

it.each(['{"theme":', '[]', '{"theme":"pink"}'])('moves a damaged file aside: %s', (content) => {
  writeFileSync(join(dataDir, 'settings.json'), content);
  const settings = open();
  if (content !== '[]') expect(existsSync(join(dataDir, 'settings.json.damaged'))).toBe(true);
  expect(settings.get().theme).toBe('system');
  expect(settings.update({ theme: 'dark' }).theme).toBe('dark');
});
