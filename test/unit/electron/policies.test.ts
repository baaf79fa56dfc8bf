import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MenuItemConstructorOptions } from 'electron';
import { describe, expect, it } from 'vitest';
import { unpacked } from '#core/entries.ts';
import { inputs } from '#main/electron/channel-inputs.ts';
import { menuTemplate } from '#main/electron/menu-template.ts';
import { createRequestGate } from '#main/electron/network-policy.ts';
import { assertOwnFrame, isOwnFrame, type Sender } from '#main/electron/sender.ts';
import {
  fit,
  minimumSize,
  readWindowState,
  writeWindowState,
} from '#main/electron/window-state.ts';

describe('request gate', () => {
  it.each(['fovea://app/', 'fovea://app/assets/a.js', 'blob:fovea://app/1-2', 'data:image/png,x'])(
    'lets %s through',
    (url) => {
      const gate = createRequestGate();
      expect(gate.allow(url)).toBe(true);
      expect(gate.blocked).toBe(0);
    },
  );

  it.each([
    'https://example.com/',
    'http://127.0.0.1:1/',
    'fovea://application/',
    'fovea://app.evil/',
    'file:///etc/passwd',
    'blob:https://example.com/1',
    'ws://example.com/',
  ])('refuses and counts %s', (url) => {
    const gate = createRequestGate();
    expect(gate.allow(url)).toBe(false);
    gate.allow(url);
    expect(gate.blocked).toBe(2);
  });
});

describe('senders', () => {
  it('are the main frame of an own page, nobody else', () => {
    const page = { url: 'fovea://app/', parent: null } satisfies Sender;
    expect(isOwnFrame(page)).toBe(true);
    expect(isOwnFrame(null)).toBe(false);
    expect(isOwnFrame({ url: 'https://example.com/', parent: null })).toBe(false);
    expect(isOwnFrame({ url: 'fovea://app/', parent: page as never })).toBe(false);
    expect(() => assertOwnFrame(null)).toThrow('from the app itself only');
  });

  it('send what the schema says', () => {
    expect(inputs.pickFiles.safeParse({ title: 'Images', extensions: ['png'] }).success).toBe(true);
    expect(inputs.pickFiles.safeParse({ title: 'Images', extensions: 'png' }).success).toBe(false);
    expect(inputs.showInFolder.safeParse('').success).toBe(false);
    expect(inputs.pickFolder.safeParse(undefined).success).toBe(false);
  });
});

describe('menuTemplate', () => {
  const rolesOf = (items: MenuItemConstructorOptions[]): string[] =>
    items.flatMap(({ role, submenu }) => [
      ...(role === undefined ? [] : [role]),
      ...(Array.isArray(submenu) ? rolesOf(submenu) : []),
    ]);

  it.each(['linux', 'darwin', 'win32'] as const)('has no reload when packed for %s', (platform) => {
    const roles = rolesOf(menuTemplate({ platform, appName: 'Fovea', packaged: true }));
    expect(roles).toContain('quit');
    expect(roles).toContain('copy');
    for (const role of ['reload', 'forceReload', 'toggleDevTools'])
      expect(roles).not.toContain(role);
  });

  it('has them in a checkout', () => {
    const roles = rolesOf(menuTemplate({ platform: 'linux', appName: 'Fovea', packaged: false }));
    expect(roles).toContain('reload');
  });
});

describe('window state', () => {
  const screen = { x: 0, y: 0, width: 1920, height: 1040 };

  it('comes back as it was written', () => {
    const folder = mkdtempSync(join(tmpdir(), 'fovea-window-'));
    const file = join(folder, 'deep', 'window.json');
    const state = { x: 50, y: 60, width: 1200, height: 800, maximized: true };
    writeWindowState(file, state);
    expect(readWindowState(file, [screen])).toEqual(state);
    writeFileSync(file, '{"width": "wide"');
    expect(readWindowState(file, [screen])).toMatchObject({ width: 1440, height: 900 });
    rmSync(folder, { recursive: true });
  });

  it('forgets a place on a screen that is gone', () => {
    const state = { x: 2500, y: 100, width: 1200, height: 800, maximized: false };
    expect(fit(state, [screen])).toEqual({ width: 1200, height: 800, maximized: false });
    const second = { ...screen, x: 1920 };
    expect(fit(state, [screen, second])).toEqual(state);
  });

  it('shrinks to the screen, but never below what the views need', () => {
    expect(fit({ width: 5000, height: 5000, maximized: false }, [screen])).toMatchObject({
      width: 1920,
      height: 1040,
    });
    const tiny = { x: 0, y: 0, width: 800, height: 600 };
    expect(fit({ width: 5000, height: 5000, maximized: false }, [tiny])).toMatchObject(minimumSize);
  });
});

describe('unpacked', () => {
  it('leads out of the archive, and leaves other paths alone', () => {
    expect(unpacked(join('/opt', 'app.asar', 'dist', 'main', 'engine-worker.js'))).toBe(
      join('/opt', 'app.asar.unpacked', 'dist', 'main', 'engine-worker.js'),
    );
    const plain = join('/home', 'me', 'app.asar.unpacked', 'x.js');
    expect(unpacked(plain)).toBe(plain);
  });
});
