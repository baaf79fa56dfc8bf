/**
 * What the desktop shell offers its page as `window.fovea`. In a browser it is absent, and the
 * renderer falls back to uploads and the core's own file browser (`files.browse`).
 *
 * The page reaches the core by sending one end of a MessageChannel to its own window:
 *
 *     const { port1, port2 } = new MessageChannel();
 *     window.postMessage(connectMessage, location.origin, [port2]);
 *     const client = createPortClient(port1);
 *
 * The preload script hands the port to the main process; a port cannot cross the context bridge.
 */

/** Data of the window message that carries the core's end of the channel. */
export const connectMessage = 'fovea:connect';

/** Name of the bridge on `window`. */
export const bridgeName = 'fovea';

export interface FileFilter {
  /** 'Images' */
  name: string;
  /** Without dots: ['png', 'jpg']. */
  extensions: string[];
}

export interface HostBridge {
  readonly platform: 'linux' | 'darwin' | 'win32';
  /** One folder, or null when the user cancelled. */
  openFolderDialog(options?: { title?: string; defaultPath?: string }): Promise<string | null>;
  /** Files; empty when the user cancelled. */
  openFilesDialog(options?: {
    title?: string;
    defaultPath?: string;
    filters?: FileFilter[];
  }): Promise<string[]>;
  /** Path of a folder to make (it may not exist yet), or null when the user cancelled. */
  saveFolderDialog(options?: {
    title?: string;
    defaultPath?: string;
    buttonLabel?: string;
  }): Promise<string | null>;
  /** Path of a DOM `File` that was dropped or chosen; '' when it does not lie on a disk. */
  pathForFile(file: unknown): string;
  /** Shows a file or folder in the system's file manager. */
  showInFolder(path: string): Promise<void>;
  /** How many network requests the shell has refused since it started; the app is offline by design. */
  blockedRequests(): Promise<number>;
}
