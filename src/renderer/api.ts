/** The client of the contract: over the desktop shell's message port, or over a WebSocket in a browser. */
import { createSocketClient, type ConnectionState } from '#shared/clients/web-socket.ts';
import { createPortClient } from '#shared/clients/message-port.ts';
import type { FoveaClient } from '#shared/contract/index.ts';
import { hostPortMessage, hostPortRequest, type HostBridge } from '#shared/host-bridge.ts';

export type { FoveaClient, ConnectionState };

/** Connects to the core that serves this page. `onState` hears of lost and restored connections. */
export async function connect(
  bridge: HostBridge | null,
  onState: (state: ConnectionState) => void,
): Promise<FoveaClient> {
  if (bridge) {
    const client = createPortClient(await receivePort());
    onState('open');
    return client;
  }
  const protocol = location.protocol === 'https:' ? 'wss' : 'ws';
  const url = `${protocol}://${location.host}/rpc`;
  return createSocketClient({ connect: () => new WebSocket(url), onState }).client;
}

/** Asks the preload script for a port; it answers with a message from this very window. */
function receivePort(): Promise<MessagePort> {
  return new Promise((resolve) => {
    const listen = (event: MessageEvent): void => {
      const port = event.ports[0];
      if (event.source !== window || event.data !== hostPortMessage || !port) return;
      window.removeEventListener('message', listen);
      resolve(port);
    };
    window.addEventListener('message', listen);
    window.postMessage(hostPortRequest, location.origin);
  });
}
