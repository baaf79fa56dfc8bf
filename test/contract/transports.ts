/** The ways to reach a router; every suite of this folder runs over each of them. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import type { AnyRouter } from '@orpc/server';
import { WebSocket, WebSocketServer } from 'ws';
import { createInProcessClient } from '#core/api/transports/in-process.ts';
import { servePort } from '#core/api/transports/message-port.ts';
import { maxMessageBytes, serveWebSocket } from '#core/api/transports/web-socket.ts';
import { createPortClient } from '#shared/clients/message-port.ts';
import { createSocketClient } from '#shared/clients/web-socket.ts';

export interface Connection<Client> {
  client: Client;
  close(): Promise<void>;
}

export interface Transport {
  name: string;
  /** Whether values pass through serialization (so that files arrive as copies). */
  wire: boolean;
  connect<Client extends object>(router: AnyRouter, context: object): Promise<Connection<Client>>;
}

export const transports: Transport[] = [
  {
    name: 'in-process',
    wire: false,
    connect: <Client extends object>(router: AnyRouter, context: object) =>
      Promise.resolve({
        client: createInProcessClient<Client>(router, context),
        close: () => Promise.resolve(),
      }),
  },
  {
    name: 'MessagePort',
    wire: true,
    connect: <Client extends object>(router: AnyRouter, context: object) => {
      const { port1, port2 } = new MessageChannel();
      servePort(router, context, port1);
      return Promise.resolve({
        client: createPortClient<Client>(port2),
        close: () => {
          port2.close();
          return Promise.resolve();
        },
      });
    },
  },
  {
    name: 'WebSocket',
    wire: true,
    connect: async <Client extends object>(router: AnyRouter, context: object) => {
      const server = await serveSockets(router, context, 0);
      const { client, close } = createSocketClient<Client>({
        connect: () => new WebSocket(server.url),
      });
      return {
        client,
        close: async () => {
          close();
          await server.close();
        },
      };
    },
  },
];

/** A bare WebSocket server over one router; the real server's access checks have their own tests. */
export async function serveSockets(
  router: AnyRouter,
  context: object,
  port: number,
): Promise<{ url: string; port: number; close(): Promise<void> }> {
  const http: Server = createServer();
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  const sockets = new WebSocketServer({ server: http, maxPayload: maxMessageBytes });
  sockets.on('connection', (socket) => serveWebSocket(router, context, socket));
  const address = http.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${address.port}`,
    port: address.port,
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
}
