import { join, resolve } from 'node:path';
import { app, BrowserWindow, nativeTheme, screen } from 'electron';
import type { Core } from '#core/create-core.ts';
import { appRoot } from '#core/default-options.ts';
import { confirmClose } from './quit.ts';
import { appOrigin } from './network-policy.ts';
import { minimumSize, readWindowState, writeWindowState } from './window-state.ts';

/** Opens the window now, and again when the app is activated without one (macOS). */
export async function setUpWindows(core: Core): Promise<void> {
  const project = process.argv.slice(1).findLast((argument) => argument.endsWith('.fovea'));
  await openWindow(core, project);
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) void openWindow(core);
  });
  app.on('second-instance', () => {
    const [window] = BrowserWindow.getAllWindows();
    if (window === undefined) return void openWindow(core);
    if (window.isMinimized()) window.restore();
    window.focus();
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
}

async function openWindow(core: Core, project?: string): Promise<void> {
  const stateFile = join(core.context.options.dataDir, 'window.json');
  const { maximized, ...bounds } = readWindowState(
    stateFile,
    screen.getAllDisplays().map(({ workArea }) => workArea),
  );
  const window = new BrowserWindow({
    ...bounds,
    minWidth: minimumSize.width,
    minHeight: minimumSize.height,
    show: false,
    // The page's own background, so that nothing flashes before it is drawn.
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#161514' : '#faf9f7',
    icon: join(core.context.options.resourcesDir, 'icon.png'),
    webPreferences: {
      preload: join(appRoot(), 'dist', 'main', 'preload.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      devTools: !app.isPackaged,
      spellcheck: false,
    },
  });
  window.once('ready-to-show', () => {
    if (maximized) window.maximize();
    window.show();
  });
  window.on('close', (event) => {
    writeWindowState(stateFile, { ...window.getNormalBounds(), maximized: window.isMaximized() });
    if (process.platform !== 'darwin') confirmClose(core, window, event);
  });
  const query =
    project === undefined
      ? ''
      : `?${new URLSearchParams({ project: resolve(project) }).toString()}`;
  await window.loadURL(`${appOrigin}/${query}`);
}
