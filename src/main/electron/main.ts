/** Entry of the desktop app: a list of things to set up. Each lives in a file of its own. */
import { app } from 'electron';
import { createCore } from '#core/create-core.ts';
import { defaultRendererDir } from '#core/default-options.ts';
import { offerSample } from '#core/offer-sample.ts';
import { serveCallsToPages } from './calls.ts';
import { setUpDialogs } from './dialogs.ts';
import { desktopOptions } from './desktop-options.ts';
import { setUpMenu } from './menu.ts';
import { handleAppProtocol, registerAppScheme } from './protocol.ts';
import { quitCleanly } from './quit.ts';
import { hardenApp, hardenSession } from './security.ts';
import { setUpWindows } from './windows.ts';

async function start(): Promise<void> {
  await app.whenReady();
  const core = await createCore(desktopOptions(app));
  hardenSession();
  handleAppProtocol(core, defaultRendererDir());
  serveCallsToPages(core);
  setUpDialogs();
  setUpMenu();
  quitCleanly(core);
  await offerSample(core);
  await setUpWindows(core);
}

// A second start shows the first one's window instead: two cores would share one data folder.
if (app.requestSingleInstanceLock()) {
  registerAppScheme();
  hardenApp();
  start().catch((error: unknown) => {
    process.stderr.write(
      `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    app.exit(1);
  });
} else {
  app.quit();
}
