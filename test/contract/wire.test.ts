/** Calls, errors, streams, cancellation and bytes, over every transport. */
import { randomBytes } from 'node:crypto';
import { ORPCError } from '@orpc/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '#core/logger.ts';
import { transports, type Connection } from './transports.ts';
import { createWireRouter, type WireClient, type WireLog } from './wire-contract.ts';

const log = createLogger('silent');

/** The error that a call fails with; a call that succeeds fails the test. */
async function failure(call: Promise<unknown>): Promise<ORPCError<string, unknown>> {
  const outcome = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!('error' in outcome)) throw new Error(`succeeded with ${JSON.stringify(outcome.value)}`);
  expect(outcome.error).toBeInstanceOf(ORPCError);
  return outcome.error as ORPCError<string, unknown>;
}

describe.each(transports)('over $name', (transport) => {
  let seen: WireLog;
  let connection: Connection<WireClient>;

  beforeEach(async () => {
    seen = { aborted: 0, endedEarly: 0, openStreams: 0 };
    connection = await transport.connect<WireClient>(createWireRouter(log, seen), {});
  });
  afterEach(async () => {
    await connection.close();
    await vi.waitFor(() => expect(seen.openStreams).toBe(0));
  });

  describe('calls', () => {
    it.each([
      ['text', 'naïve 图片 😀 \u0000 end'],
      ['numbers', [0, -1.5, 2 ** 53, 1e-300]],
      ['nothing', null],
      ['absence', { a: undefined, b: [undefined] }],
      ['nesting', { a: [{ b: { c: [1, [2, [3]]] } }] }],
      ['dates and big integers', { at: new Date(0), big: 2n ** 70n }],
      ['not a number', Number.NaN],
    ])('carries %s', async (_, value) => {
      const answer = await connection.client.echo({ value });
      expect(answer.value).toEqual(value);
    });

    it('answers many at once, each its own', async () => {
      const values = Array.from({ length: 500 }, (_, index) => index);
      const answers = await Promise.all(values.map((value) => connection.client.echo({ value })));
      expect(answers.map(({ value }) => value)).toEqual(values);
    });

    it('carries an answer of several megabytes', async () => {
      const value = 'x'.repeat(8_000_000);
      const answer = await connection.client.echo({ value });
      expect(answer.value).toBe(value);
    });
  });

  describe('errors', () => {
    it('keep code, message and hint', async () => {
      const error = await failure(connection.client.fail({ how: 'app' }));
      expect(error).toMatchObject({
        code: 'DISK_FULL',
        status: 507,
        message: 'The disk is full.',
        defined: true,
        data: { hint: 'Free some space and try again.', subject: '/data' },
      });
    });

    it('of a bug cross as INTERNAL', async () => {
      const error = await failure(connection.client.fail({ how: 'bug' }));
      expect(error).toMatchObject({ code: 'INTERNAL', message: 'undefined is not a function' });
    });

    it('name what is wrong with the input, and the handler never runs', async () => {
      const error = await failure(connection.client.count({ to: 'three' as unknown as number }));
      expect(error.code).toBe('BAD_REQUEST');
      expect(error.data).toMatchObject({ issues: [{ path: ['to'] }] });
      expect(seen.openStreams + seen.endedEarly).toBe(0);
    });

    it('refuse an answer that breaks the contract', async () => {
      const error = await failure(connection.client.wrongOutput());
      expect(error.code).toBe('INTERNAL_SERVER_ERROR');
    });

    it.each([
      'noSuchCall',
      'echo.noSuchCall',
      '__proto__',
      '__proto__.constructor',
      'constructor.constructor',
      'hasOwnProperty',
      'echo.~orpc.handler',
    ])('refuse %s, which is not in the contract', async (path) => {
      const call = path
        .split('.')
        .reduce<unknown>(
          (at, name) => (at as Record<string, unknown> | undefined)?.[name],
          connection.client,
        );
      // A call that does not exist in process is not even a function; over a wire it is answered.
      await expect(
        (async () => (call as (input: unknown) => Promise<unknown>)({ value: 1 }))(),
      ).rejects.toThrow();
      // The connection still works.
      await expect(connection.client.echo({ value: 1 })).resolves.toEqual({ value: 1 });
    });
  });

  describe('cancellation', () => {
    it('reaches the handler and rejects the call', async () => {
      const abort = new AbortController();
      const call = connection.client.hang(undefined, { signal: abort.signal });
      const outcome = expect(call).rejects.toThrow();
      await new Promise((resolve) => setTimeout(resolve, 30));
      abort.abort();
      await outcome;
      await vi.waitFor(() => expect(seen.aborted).toBe(1));
    });

    it('before the call keeps it from being made', async () => {
      await expect(
        connection.client.echo({ value: 1 }, { signal: AbortSignal.abort() }),
      ).rejects.toThrow();
    });

    it('leaves other calls alone', async () => {
      const abort = new AbortController();
      const hanging = expect(
        connection.client.hang(undefined, { signal: abort.signal }),
      ).rejects.toThrow();
      const stream = await connection.client.count({ to: 50 });
      abort.abort();
      await hanging;
      const numbers = await Array.fromAsync(stream, ({ n }) => n);
      expect(numbers).toHaveLength(50);
    });
  });

  describe('streams', () => {
    it('arrive whole and in order', async () => {
      const numbers = await Array.fromAsync(
        await connection.client.count({ to: 200 }),
        ({ n }) => n,
      );
      expect(numbers).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    });

    it('end at the source when the reader leaves early', async () => {
      for await (const { n } of await connection.client.count({ to: 1_000_000 }))
        if (n === 3) break;
      await vi.waitFor(() => expect(seen).toMatchObject({ openStreams: 0, endedEarly: 1 }));
    });

    it('end at the source when their signal aborts', async () => {
      const abort = new AbortController();
      const stream = await connection.client.count({ to: 1_000_000 }, { signal: abort.signal });
      await stream.next();
      abort.abort();
      // In process the source ends quietly; over a wire the reader is told.
      await Array.fromAsync(stream).catch(() => undefined);
      await vi.waitFor(() => expect(seen.openStreams).toBe(0));
    });

    it('pass on what came before an error, then the error with its code', async () => {
      const numbers: number[] = [];
      const error = await failure(
        (async () => {
          for await (const { n } of await connection.client.count({ to: 10, failAt: 4 })) {
            numbers.push(n);
          }
        })(),
      );
      expect(numbers).toEqual([1, 2, 3]);
      expect(error).toMatchObject({
        code: 'ENGINE_FAILED',
        message: 'The engine stopped.',
        data: { hint: 'Start it again.' },
      });
    });

    it('run side by side', async () => {
      const read = async (to: number): Promise<number> =>
        (await Array.fromAsync(await connection.client.count({ to }))).length;
      await expect(Promise.all([read(30), read(60), read(90)])).resolves.toEqual([30, 60, 90]);
    });
  });

  describe('bytes', () => {
    it('nested in an object go both ways, 12 MB and empty alike', async () => {
      const big = randomBytes(12_000_000);
      // 255 is the byte that oRPC puts between a message's text and its bytes.
      const marks = new Uint8Array(1000).fill(255);
      const answer = await connection.client.blobs({
        name: 'holiday',
        parts: [
          { label: 'big', data: new File([big], 'wide 图.png', { type: 'image/png' }) },
          { label: 'empty', data: new File([], 'none.bin') },
          { label: 'marks', data: new File([marks], 'marks.bin') },
        ],
      });
      expect(answer.name).toBe('holiday');
      expect(answer.parts.map(({ label }) => label)).toEqual(['big', 'empty', 'marks']);
      const [first, second, third] = await Promise.all(
        answer.parts.map(async ({ data }) => Buffer.from(await data.arrayBuffer())),
      );
      expect(first?.equals(Buffer.from(big).reverse())).toBe(true);
      expect(second).toHaveLength(0);
      expect(third?.equals(marks)).toBe(true);
      expect(answer.parts[0]?.data.name).toBe('wide 图.png.back');
      expect(answer.parts[0]?.data.type).toBe('image/png');
    });
  });
});
