/**
 * A typed client over a WebSocket that comes back after a lost connection.
 *
 * Calls in flight when the connection drops fail with the code DISCONNECTED (the core may or may
 * not have done them); later calls wait for the new connection. Streams end the same way, so a
 * view subscribes again when `onState` says 'open'.
 */
import { createORPCClient, ORPCError } from '@orpc/client';
import type { ClientContext, ClientLink, ClientOptions } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import type { FoveaClient } from '../contract/index.ts';
import { errorStatus } from '../errors.ts';
import { isStream, translateStream } from './translate-stream.ts';

/** The part of the DOM's WebSocket that is used; `ws` and Node's own have it too. */
export interface Socket {
  readonly readyState: number;
  binaryType: string;
  send(data: never): void;
  close(): void;
  addEventListener(type: string, listener: (event: unknown) => void): void;
  removeEventListener(type: string, listener: (event: unknown) => void): void;
}

export type ConnectionState = 'connecting' | 'open' | 'lost' | 'closed';

export interface SocketClientOptions {
  /** Makes a socket that connects; called again for each reconnection. */
  connect: () => Socket;
  onState?: ((state: ConnectionState) => void) | undefined;
  /** First wait before reconnecting; doubles up to `maxDelayMs`. */
  minDelayMs?: number;
  maxDelayMs?: number;
}

export interface SocketClient<Client> {
  client: Client;
  readonly state: ConnectionState;
  /** Closes for good. */
  close(): void;
}

const OPEN = 1;

function disconnected(cause: unknown): ORPCError<'DISCONNECTED', { hint: string }> {
  return new ORPCError('DISCONNECTED', {
    status: errorStatus.DISCONNECTED,
    message: 'The connection to Fovea was lost.',
    data: { hint: 'It reconnects by itself; if it does not, start Fovea again.' },
    defined: true,
    cause,
  });
}

export function createSocketClient<Client extends object = FoveaClient>(
  options: SocketClientOptions,
): SocketClient<Client> {
  const link = new ReconnectingLink(options);
  return {
    client: createORPCClient(link) as unknown as Client,
    get state() {
      return link.state;
    },
    close: () => link.close(),
  };
}

interface Connection {
  socket: Socket;
  /** Resolves when the socket is open, or when it never will be. */
  settled: Promise<void>;
  link: RPCLink<ClientContext>;
}

class ReconnectingLink implements ClientLink<ClientContext> {
  state: ConnectionState = 'connecting';
  readonly #options: Required<Pick<SocketClientOptions, 'connect' | 'minDelayMs' | 'maxDelayMs'>> &
    SocketClientOptions;
  #connection: Connection | null = null;
  #delay: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SocketClientOptions) {
    this.#options = { minDelayMs: 250, maxDelayMs: 5000, ...options };
    this.#delay = this.#options.minDelayMs;
    this.#connect();
  }

  async call(
    path: readonly string[],
    input: unknown,
    options: ClientOptions<ClientContext>,
  ): Promise<unknown> {
    if (this.state === 'closed') throw disconnected('closed by the client');
    const connection = this.#connection ?? this.#connect();
    // A lost connection ends calls as aborts; only the caller's own signal makes it one.
    const translate = (error: unknown): unknown =>
      options.signal?.aborted === true ||
      error instanceof ORPCError ||
      connection.socket.readyState === OPEN
        ? error
        : disconnected(error);
    try {
      await connection.settled;
      const output = await connection.link.call(path, input, options);
      return isStream(output) ? translateStream(output, translate) : output;
    } catch (error) {
      throw translate(error);
    }
  }

  close(): void {
    this.#set('closed');
    clearTimeout(this.#timer);
    this.#connection?.socket.close();
  }

  #connect(): Connection {
    clearTimeout(this.#timer);
    this.#set('connecting');
    const socket = this.#options.connect();
    socket.binaryType = 'arraybuffer';
    const settled = new Promise<void>((resolve) => {
      socket.addEventListener('open', () => resolve());
      socket.addEventListener('close', () => resolve());
    });
    const link = new RPCLink({ websocket: socket as never });
    const connection: Connection = { socket, settled, link };
    this.#connection = connection;
    socket.addEventListener('open', () => {
      this.#delay = this.#options.minDelayMs;
      if (this.state !== 'closed') this.#set('open');
    });
    // Browsers and Node fire 'close' after 'error'; without a listener Node's `ws` would throw.
    socket.addEventListener('error', () => undefined);
    socket.addEventListener('close', () => {
      if (this.#connection === connection) this.#connection = null;
      if (this.state === 'closed') return;
      this.#set('lost');
      this.#timer = setTimeout(() => this.#connect(), this.#delay);
      this.#delay = Math.min(this.#delay * 2, this.#options.maxDelayMs);
    });
    return connection;
  }

  #set(state: ConnectionState): void {
    if (this.state === state) return;
    this.state = state;
    this.#options.onState?.(state);
  }
}
