/** The core on a loopback port: page, pictures and uploads over HTTP, calls over a WebSocket. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { WebSocketServer } from 'ws';
import { maxMessageBytes, serveWebSocket } from '#core/api/transports/web-socket.ts';
import type { Core } from '#core/create-core.ts';
import { AppError } from '#shared/errors.ts';
import { createAccess, type Access, type RequestFacts } from './access.ts';
import { securityHeaders } from './security-headers.ts';
import { createWebApp } from './web-app.ts';

/** Path of the WebSocket that carries the calls. */
export const rpcPath = '/rpc';

export interface ServerOptions {
  core: Core;
  rendererDir: string;
  /** 0: any free port. */
  port: number;
  /** Random unless given. */
  token?: string | undefined;
}

export interface FoveaServer {
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** The address to open: the origin with the token. */
  readonly url: string;
  readonly token: string;
  /** Ends all connections and stops listening; the core stays open. */
  close(): Promise<void>;
}

export async function startServer(options: ServerOptions): Promise<FoveaServer> {
  const http = createServer();
  const port = await listen(http, options.port);
  const access = createAccess(port, options.token);
  const app = guardedApp(options, access);
  http.on('request', getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  const sockets = acceptSockets(http, options.core, access);
  const origin = `http://127.0.0.1:${port}`;
  return {
    port,
    origin,
    url: `${origin}/?token=${access.token}`,
    token: access.token,
    close: async () => {
      for (const socket of sockets.clients) socket.close(1001);
      sockets.close();
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      http.closeAllConnections();
      for (const socket of sockets.clients) socket.terminate();
      await closed;
    },
  };
}

/** The web app behind the access check, and the address with the token that lets a browser in. */
function guardedApp({ core, rendererDir }: ServerOptions, access: Access): Hono {
  const web = createWebApp(core.context, rendererDir);
  const app = new Hono();
  app.use(async (c, next) => {
    const url = new URL(c.req.url);
    const given = url.searchParams.get('token');
    if (url.pathname === '/' && given !== null && access.tokenMatches(given)) {
      // A clean address at once: the token does not stay in the history or in screenshots.
      return c.body(null, 303, {
        ...securityHeaders,
        location: cleanAddress(url),
        'set-cookie': access.cookie(),
        'cache-control': 'no-store',
      });
    }
    const verdict = access.check({ header: (name) => c.req.header(name), needsOrigin: false });
    if (!verdict.allowed) return c.text(verdict.reason, 401, { ...securityHeaders });
    await next();
    return undefined;
  });
  app.all('*', (c) => web.fetch(c.req.raw));
  return app;
}

/** The page's address without the token; which project to open stays. */
function cleanAddress({ searchParams }: URL): string {
  const project = searchParams.get('project');
  return project === null ? '/' : `/?${new URLSearchParams({ project }).toString()}`;
}

function acceptSockets(http: Server, core: Core, access: Access): WebSocketServer {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes });
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const verdict = access.check(upgradeFacts(request));
    if (!verdict.allowed || new URL(request.url ?? '/', 'http://x').pathname !== rpcPath) {
      const status = verdict.allowed ? '404 Not Found' : '401 Unauthorized';
      socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      accepted.on('error', (error) => core.context.log.warn({ err: error }, 'socket failed'));
      serveWebSocket(core.router, core.apiContext, accepted);
    });
  });
  return sockets;
}

function upgradeFacts(request: IncomingMessage): RequestFacts {
  return {
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
    needsOrigin: true,
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE' || error.code === 'EACCES'
          ? new AppError(
              'CONFLICT',
              `Port ${port} cannot be used: ${error.code === 'EACCES' ? 'not allowed' : 'another program has it'}.`,
              {
                hint: 'Leave out --port to take any free one.',
              },
            )
          : error,
      );
    });
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
