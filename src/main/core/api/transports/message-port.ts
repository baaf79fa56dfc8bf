import type { AnyRouter } from '@orpc/server';
import { RPCHandler } from '@orpc/server/message-port';

/** One end of a MessageChannel: Electron's `MessagePortMain` or Node's `MessagePort`. */
export interface ServedPort {
  on(event: 'message' | 'close', listener: (event: unknown) => void): unknown;
  postMessage(message: unknown, transfer?: never): void;
  start?(): void;
}

/** Answers calls that come through `port` until it closes; starts it. */
export function servePort(router: AnyRouter, context: object, port: ServedPort): void {
  new RPCHandler(router).upgrade(port as never, { context });
  // Ports queue until started; starting after the handler listens loses nothing.
  port.start?.();
}
