import { BrowserWindow, dialog, ipcMain, shell, type IpcMainInvokeEvent } from 'electron';
import type * as z from 'zod';
import { inputs } from './channel-inputs.ts';
import { channels } from './channel-names.ts';
import { requestGate } from './security.ts';
import { assertOwnFrame } from './sender.ts';

/** What pages ask the system for: dialogs, the file manager, the count of refused requests. */
export function setUpDialogs(): void {
  handle('pickFolder', async (window, { title, startIn }) => {
    const { canceled, filePaths } = await dialog.showOpenDialog(window, {
      title,
      ...(startIn === undefined ? {} : { defaultPath: startIn }),
      properties: ['openDirectory', 'createDirectory'],
    });
    return canceled ? null : (filePaths[0] ?? null);
  });
  handle('pickFiles', async (window, { title, extensions, multiple }) => {
    const { canceled, filePaths } = await dialog.showOpenDialog(window, {
      title,
      ...(extensions === undefined ? {} : { filters: [{ name: title, extensions }] }),
      properties: multiple ? ['openFile', 'multiSelections'] : ['openFile'],
    });
    return canceled ? [] : filePaths;
  });
  handle('saveFolder', async (window, { title, startIn, buttonLabel }) => {
    const { canceled, filePath } = await dialog.showSaveDialog(window, {
      title,
      ...(startIn === undefined ? {} : { defaultPath: startIn }),
      ...(buttonLabel === undefined ? {} : { buttonLabel }),
      properties: ['createDirectory', 'showOverwriteConfirmation'],
    });
    return canceled || filePath === '' ? null : filePath;
  });
  handle('showInFolder', (_, path) => shell.showItemInFolder(path));
  ipcMain.handle(channels.blockedRequests, (event) => {
    assertOwnFrame(event.senderFrame);
    return requestGate.blocked;
  });
}

/** The window that asked, which its dialog belongs to. */
type Parent = NonNullable<ReturnType<typeof BrowserWindow.fromWebContents>>;

/** Answers one message: sender checked, input parsed, the asking window as the dialog's parent. */
function handle<Name extends keyof typeof inputs>(
  name: Name,
  answer: (window: Parent, input: z.infer<(typeof inputs)[Name]>) => unknown,
): void {
  ipcMain.handle(channels[name], (event: IpcMainInvokeEvent, input: unknown) => {
    assertOwnFrame(event.senderFrame);
    const window = BrowserWindow.fromWebContents(event.sender);
    if (window === null) throw new Error('The window that asked is gone.');
    return answer(window, inputs[name].parse(input) as z.infer<(typeof inputs)[Name]>);
  });
}
