import type { AnyRouter } from '@orpc/server';
import { RPCHandler } from '@orpc/server/ws';
import type { WebSocket } from 'ws';

/** Largest message either way; pictures that are predicted travel as blobs inside calls. */
export const maxMessageBytes = 256 * 1024 * 1024;

/** Answers calls that come through `socket`; when it closes, the calls still running are aborted. */
export function serveWebSocket(router: AnyRouter, context: object, socket: WebSocket): void {
  void new RPCHandler(router).upgrade(socket, { context });
}
