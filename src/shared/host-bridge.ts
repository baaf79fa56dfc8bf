/**
 * What the desktop shell lends to the renderer, as `window.fovea`, put there by the preload script. In a
 * browser it is absent and the renderer uses its own dialogs (src/renderer/host.ts).
 *
 * The oRPC MessagePort does not travel through this object: the preload script posts it to the window as
 * `window.postMessage(hostPortMessage, origin, [port])` once the page has posted `hostPortRequest`.
 */
export interface HostBridge {
  readonly platform: string;
  /** Chosen folder, or null when the user closed the dialog. */
  pickFolder(options: { title: string; startIn?: string }): Promise<string | null>;
  pickFiles(options: {
    title: string;
    extensions?: string[];
    multiple?: boolean;
  }): Promise<string[]>;
  /** Absolute path of a dropped `File`, or '' when it does not come from a disk. */
  pathForFile(file: object): string;
  showInFolder(path: string): Promise<void>;
  /** Path of a folder to make (it need not exist yet), or null when the user closed the dialog. */
  saveFolder(options: {
    title: string;
    startIn?: string;
    buttonLabel?: string;
  }): Promise<string | null>;
  /** Network requests that the shell has refused since it started; the app works offline. */
  blockedRequests(): Promise<number>;
}

/** Name under which the preload script exposes the bridge. */
export const hostBridgeName = 'fovea';
export const hostPortRequest = 'fovea:request-port';
export const hostPortMessage = 'fovea:port';
