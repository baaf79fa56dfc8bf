/**
 * A contract for what the product's own has no suitable call for: endless streams, failing streams,
 * calls that hang until they are cancelled, and big blobs deep inside objects. It is served by the
 * same transports and through the same error translation as the real one.
 */
import { eventIterator, type ContractRouterClient } from '@orpc/contract';
import { implement } from '@orpc/server';
import * as z from 'zod';
import { withWireErrors } from '#core/api/implementer.ts';
import type { Logger } from '#core/logger.ts';
import { call } from '#shared/contract/base.ts';
import { AppError } from '#shared/errors.ts';

const nested = z.object({
  name: z.string(),
  parts: z.array(z.object({ label: z.string(), data: z.file() })),
});

export const wireContract = {
  echo: call.input(z.object({ value: z.unknown() })).output(z.object({ value: z.unknown() })),
  blobs: call.input(nested).output(nested),
  fail: call.input(z.object({ how: z.enum(['app', 'bug']) })).output(z.void()),
  hang: call.output(z.void()),
  count: call
    .input(z.object({ to: z.number().int(), failAt: z.number().int().optional() }))
    .output(eventIterator(z.object({ n: z.number().int() }))),
  wrongOutput: call.output(z.object({ n: z.number() })),
};

export type WireClient = ContractRouterClient<typeof wireContract>;

/** What happened on the server's side, for tests to see. */
export interface WireLog {
  /** Calls of `hang` whose signal was aborted. */
  aborted: number;
  /** Streams of `count` that ended before their last number, because the client went away. */
  endedEarly: number;
  openStreams: number;
}

export function createWireRouter(log: Logger, seen: WireLog) {
  const os = implement(wireContract).use(({ next, path }) =>
    withWireErrors(log, path, async () => await next()),
  );
  return os.router({
    echo: os.echo.handler(({ input }) => input),
    blobs: os.blobs.handler(async ({ input }) => ({
      name: input.name,
      parts: await Promise.all(
        input.parts.map(async ({ label, data }) => {
          // Reads and rebuilds the bytes, so that they truly went through memory here.
          const bytes = new Uint8Array(await data.arrayBuffer());
          return {
            label,
            data: new File([bytes.reverse()], `${data.name}.back`, { type: data.type }),
          };
        }),
      ),
    })),
    fail: os.fail.handler(({ input }) => {
      if (input.how === 'bug') throw new TypeError('undefined is not a function');
      throw new AppError('DISK_FULL', 'The disk is full.', {
        hint: 'Free some space and try again.',
        subject: '/data',
      });
    }),
    hang: os.hang.handler(async ({ signal }) => {
      await new Promise<void>((_, reject) => {
        signal?.addEventListener('abort', () => {
          seen.aborted += 1;
          reject(signal.reason as Error);
        });
      });
    }),
    count: os.count.handler(async function* ({ input, signal }) {
      seen.openStreams += 1;
      let finished = false;
      try {
        for (let n = 1; n <= input.to; n += 1) {
          if (n === input.failAt) {
            throw new AppError('ENGINE_FAILED', 'The engine stopped.', { hint: 'Start it again.' });
          }
          if (signal?.aborted) return;
          yield { n };
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        finished = true;
      } finally {
        seen.openStreams -= 1;
        if (!finished) seen.endedEarly += 1;
      }
    }),
    wrongOutput: os.wrongOutput.handler(() => ({ n: 'not a number' }) as unknown as { n: number }),
  });
}
