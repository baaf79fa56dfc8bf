/** A WebSocket client whose server goes away and comes back. */
import { ORPCError } from '@orpc/client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createLogger } from '#core/logger.ts';
import { createSocketClient, type ConnectionState } from '#shared/clients/web-socket.ts';
import { serveSockets } from './transports.ts';
import { createWireRouter, type WireClient, type WireLog } from './wire-contract.ts';

const log = createLogger('silent');
const cleanUps: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function setUp() {
  const seen: WireLog = { aborted: 0, endedEarly: 0, openStreams: 0 };
  const router = createWireRouter(log, seen);
  let server = await serveSockets(router, {}, 0);
  cleanUps.push(() => server.close());
  const states: ConnectionState[] = [];
  const socket = createSocketClient<WireClient>({
    connect: () => new WebSocket(server.url),
    onState: (state) => states.push(state),
    minDelayMs: 10,
    maxDelayMs: 50,
  });
  cleanUps.push(() => socket.close());
  return {
    seen,
    states,
    socket,
    client: socket.client,
    stop: () => server.close(),
    start: async () => {
      server = await serveSockets(router, {}, server.port);
    },
  };
}

async function failure(call: Promise<unknown>): Promise<ORPCError<string, unknown>> {
  const error: unknown = await call.then(
    () => new Error('succeeded'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ORPCError);
  return error as ORPCError<string, unknown>;
}

describe('reconnection', () => {
  it('is done by itself, and calls work again', async () => {
    const { client, socket, states, stop, start } = await setUp();
    await client.echo({ value: 1 });
    await stop();
    await vi.waitFor(() => expect(socket.state).not.toBe('open'));
    await start();
    await vi.waitFor(() => expect(socket.state).toBe('open'));
    await expect(client.echo({ value: 2 })).resolves.toEqual({ value: 2 });
    expect(states[0]).toBe('open');
    expect(states).toContain('lost');
    expect(states.at(-1)).toBe('open');
  });

  it('fails calls in flight as DISCONNECTED and aborts them at the server', async () => {
    const { client, seen, stop } = await setUp();
    await client.echo({ value: 1 });
    const hanging = failure(client.hang());
    await new Promise((resolve) => setTimeout(resolve, 20));
    await stop();
    expect(await hanging).toMatchObject({ code: 'DISCONNECTED', status: 503 });
    await vi.waitFor(() => expect(seen.aborted).toBe(1));
  });

  it('ends streams as DISCONNECTED after what had arrived', async () => {
    const { client, seen, stop } = await setUp();
    const stream = await client.count({ to: 1_000_000 });
    expect(await stream.next()).toEqual({ done: false, value: { n: 1 } });
    await stop();
    const error = await failure(Array.fromAsync(stream));
    expect(error.code).toBe('DISCONNECTED');
    await vi.waitFor(() => expect(seen.openStreams).toBe(0));
  });

  it('fails calls made while nobody answers, and the next ones reach the new server', async () => {
    const { client, stop, start } = await setUp();
    await client.echo({ value: 1 });
    await stop();
    expect((await failure(client.echo({ value: 2 }))).code).toBe('DISCONNECTED');
    await start();
    await vi.waitFor(() => expect(client.echo({ value: 3 })).resolves.toEqual({ value: 3 }));
  });

  it('keeps an abort by the caller an abort', async () => {
    const { client, stop } = await setUp();
    const abort = new AbortController();
    const call = client.hang(undefined, { signal: abort.signal });
    const outcome = expect(call).rejects.toMatchObject({ name: 'AbortError' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    abort.abort();
    await outcome;
    await stop();
  });

  it('stops for good when closed', async () => {
    const { client, socket, states } = await setUp();
    await client.echo({ value: 1 });
    socket.close();
    expect((await failure(client.echo({ value: 2 }))).code).toBe('DISCONNECTED');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(states.at(-1)).toBe('closed');
  });
});
