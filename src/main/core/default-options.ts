/**
 * Where things lie on this machine, for every shell: in a checkout, in its built `dist/`, and in
 * the packed app (beside or inside `app.asar`).
 */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import type { CoreOptions } from './context.ts';
import { createLogger } from './logger.ts';

/** The folder with package.json: three levels up from the source, two from `dist/main`. */
export function appRoot(): string {
  const up = import.meta.url.endsWith('.ts') ? '../../..' : '../..';
  return fileURLToPath(new URL(up, import.meta.url)).replace(/[/\\]$/, '');
}

/** The built renderer. */
export function defaultRendererDir(): string {
  return join(appRoot(), 'dist', 'renderer');
}

export function defaultVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(appRoot(), 'package.json'), 'utf8'));
  return z.object({ version: z.string() }).parse(manifest).version;
}

/** Packed, the resources lie beside the archive; in a checkout, in their own folder. */
function resourcesDir(root: string): string {
  return basename(root).startsWith('app.asar') ? dirname(root) : join(root, 'resources');
}

/** Where programs keep a user's data on this system; `FOVEA_DATA_DIR` overrides. */
export function defaultDataDir(): string {
  const given = process.env['FOVEA_DATA_DIR'];
  if (given) return given;
  switch (process.platform) {
    case 'win32':
      return join(process.env['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), 'Fovea');
    case 'darwin':
      return join(homedir(), 'Library', 'Application Support', 'Fovea');
    default:
      return join(process.env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'fovea');
  }
}

/** `FOVEA_PROJECTS_DIR`, else Documents/Fovea where there are Documents, else Fovea at home. */
function projectsDir(): string {
  const given = process.env['FOVEA_PROJECTS_DIR'];
  if (given) return given;
  const documents = join(homedir(), 'Documents');
  return join(existsSync(documents) ? documents : homedir(), 'Fovea');
}

/** @param overrides what a shell knows better (Electron: its Node executable and version) */
export function defaultOptions(
  host: CoreOptions['host'],
  overrides: Partial<CoreOptions> = {},
): CoreOptions {
  return {
    dataDir: defaultDataDir(),
    projectsDir: projectsDir(),
    host,
    resourcesDir: resourcesDir(appRoot()),
    nodePath: process.execPath,
    version: defaultVersion(),
    log: createLogger(),
    ...overrides,
  };
}
