/**
 * What differs between the desktop shell and a browser, as capabilities. Views ask what can be done,
 * never where they run.
 */
import { hostBridgeName, type HostBridge } from '#shared/host-bridge.ts';
import type { FolderPicker } from './state/folder-picker.svelte.ts';

export interface Host {
  /** Names of keys and the file manager follow it. */
  readonly platform: string;
  /** Chosen folder's absolute path, or null. */
  pickFolder(options: { title: string; startIn?: string }): Promise<string | null>;
  /** Paths (desktop) or file objects (browser). */
  pickFiles(options: {
    title: string;
    extensions?: string[];
    multiple?: boolean;
  }): Promise<(string | File)[]>;
  /** Absolute path of a dropped file; null where the page may not know it and has to upload. */
  pathOf(file: File): string | null;
  /** Null where the host cannot. */
  readonly showInFolder: ((path: string) => Promise<void>) | null;
}

/** The desktop shell's bridge, or null in a browser. */
export function findBridge(): HostBridge | null {
  const candidate = (window as unknown as Record<string, HostBridge | undefined>)[hostBridgeName];
  return candidate ?? null;
}

export function createHost(bridge: HostBridge | null, folders: FolderPicker): Host {
  return bridge ? desktopHost(bridge) : browserHost(folders);
}

function desktopHost(bridge: HostBridge): Host {
  return {
    platform: bridge.platform,
    pickFolder: (options) => bridge.pickFolder(options),
    pickFiles: (options) => bridge.pickFiles(options),
    pathOf: (file) => bridge.pathForFile(file) || null,
    showInFolder: (path) => bridge.showInFolder(path),
  };
}

function browserHost(folders: FolderPicker): Host {
  return {
    platform: /mac/i.test(navigator.userAgent) ? 'darwin' : 'browser',
    pickFolder: (options) => folders.pick(options),
    pickFiles: pickWithInput,
    pathOf: () => null,
    showInFolder: null,
  };
}

function pickWithInput(options: { extensions?: string[]; multiple?: boolean }): Promise<File[]> {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = options.multiple ?? false;
  input.accept = (options.extensions ?? []).map((extension) => `.${extension}`).join(',');
  return new Promise((resolve) => {
    input.addEventListener('change', () => resolve([...(input.files ?? [])]));
    input.addEventListener('cancel', () => resolve([]));
    input.click();
  });
}
