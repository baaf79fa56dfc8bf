import { app, dialog, type BrowserWindow } from 'electron';
import type { Core } from '#core/create-core.ts';

let closeConfirmed = false;

/** Asks before closing the last window ends work that is running. */
export function confirmClose(
  core: Core,
  window: BrowserWindow,
  event: { preventDefault(): void },
): void {
  const running = core.context.jobs.list().filter(({ finishedAt }) => finishedAt === null);
  if (running.length === 0 || closeConfirmed) return;
  event.preventDefault();
  void dialog
    .showMessageBox(window, {
      type: 'question',
      message: 'Work is still running. Close Fovea anyway?',
      detail: `${running.map(({ title }) => title).join('\n')}\n\nClosing cancels it. Labels are saved, and a training keeps what it reached at its last checkpoint.`,
      buttons: ['Keep Fovea open', 'Cancel the work and close'],
      defaultId: 0,
      cancelId: 0,
    })
    .then(({ response }) => {
      if (response !== 1) return;
      closeConfirmed = true;
      window.close();
    });
}

/** Closes the core (jobs, databases, engine) before the process ends. */
export function quitCleanly(core: Core): void {
  let closed = false;
  app.on('before-quit', (event) => {
    if (closed) return;
    event.preventDefault();
    core
      .close()
      .catch((error: unknown) => core.context.log.error({ err: error }, 'closing failed'))
      .finally(() => {
        closed = true;
        app.quit();
      });
  });
}
