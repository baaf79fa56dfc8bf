import { app, session } from 'electron';
import { createRequestGate, isOwnRequest } from './network-policy.ts';

export const requestGate = createRequestGate();

/** Before the app is ready: every page, whoever makes it, stays where it is. */
export function hardenApp(): void {
  app.enableSandbox();
  // Chromium's own traffic: update checks, field trials, safe browsing lists.
  app.commandLine.appendSwitch('disable-background-networking');
  app.commandLine.appendSwitch('disable-component-update');
  app.commandLine.appendSwitch('disable-domain-reliability');
  app.on('web-contents-created', (_, contents) => {
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
    contents.on('will-navigate', (event) => {
      if (!isOwnRequest(event.url)) event.preventDefault();
    });
    contents.on('will-redirect', (event) => {
      if (!isOwnRequest(event.url)) event.preventDefault();
    });
    contents.on('will-attach-webview', (event) => event.preventDefault());
  });
}

/** Once it is ready: no permission is ever granted and no request leaves the app. */
export function hardenSession(): void {
  const { defaultSession } = session;
  defaultSession.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  defaultSession.setPermissionCheckHandler(() => false);
  defaultSession.setDevicePermissionHandler(() => false);
  defaultSession.setSpellCheckerDictionaryDownloadURL('fovea://app/none/');
  defaultSession.webRequest.onBeforeRequest(({ url }, answer) => {
    answer({ cancel: !requestGate.allow(url) });
  });
}
