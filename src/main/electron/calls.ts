import { ipcMain } from 'electron';
import { servePort } from '#core/api/transports/message-port.ts';
import type { Core } from '#core/create-core.ts';
import { channels } from './channel-names.ts';
import { isOwnFrame } from './sender.ts';

/** Serves the contract to each page that sends a port. */
export function serveCallsToPages({ router, apiContext, context }: Core): void {
  ipcMain.on(channels.connect, ({ ports, senderFrame }) => {
    const [port] = ports;
    if (port === undefined) return;
    if (isOwnFrame(senderFrame)) {
      servePort(router, apiContext, port);
    } else {
      context.log.warn({ url: senderFrame?.url }, 'refused a port from a foreign frame');
      port.close();
    }
  });
}
