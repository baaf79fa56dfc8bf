import { join } from 'node:path';
import type { CoreOptions } from '#core/context.ts';
import { appRoot, defaultOptions } from '#core/default-options.ts';

/** What is needed of Electron's `app`. */
export interface AppFacts {
  readonly isPackaged: boolean;
  getVersion(): string;
}

/** Name of the plain Node executable on this platform. */
const nodeName = process.platform === 'win32' ? 'node.exe' : 'node';

/**
 * Options of the desktop app's core. Engine and decoders run in plain Node: packed, it lies among
 * the resources (electron-builder.yml puts it there); in a checkout, in the package `node`.
 */
export function desktopOptions(app: AppFacts): CoreOptions {
  const nodePath = app.isPackaged
    ? join(process.resourcesPath, 'node', nodeName)
    : join(appRoot(), 'node_modules', 'node', 'bin', nodeName);
  return defaultOptions('electron', { nodePath, version: app.getVersion() });
}
