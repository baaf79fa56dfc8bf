/** A typed client over one end of a MessageChannel (the desktop page; tests with Node's own). */
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import type { FoveaClient } from '../contract/index.ts';

/** Both the DOM's and Node's MessagePort. */
export interface ClientPort {
  addEventListener(type: string, listener: (event: unknown) => void): void;
  postMessage(message: unknown, transfer?: never): void;
  start?(): void;
}

/** @param port a port whose other end the core serves; it is started here */
export function createPortClient<Client extends object = FoveaClient>(port: ClientPort): Client {
  const link = new RPCLink({ port: port as never });
  // Ports queue until started; starting after the link listens loses nothing.
  port.start?.();
  return createORPCClient(link) as unknown as Client;
}
