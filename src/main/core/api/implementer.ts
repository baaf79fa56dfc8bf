/**
 * The one place where the contract meets the core: errors become coded wire errors here, and bugs
 * are logged with their stack here, so no handler does either.
 */
import { implement, ORPCError } from '@orpc/server';
import { contract } from '#shared/contract/index.ts';
import { isStream, translateStream } from '#shared/clients/translate-stream.ts';
import { AppError, errorStatus, isCancellation, toErrorInfo } from '#shared/errors.ts';
import type { Logger } from '../logger.ts';

export interface ApiContext {
  log: Logger;
}

const implementer = implement(contract).$context<ApiContext>();

/** Any thrown value → the ORPCError that the contract declares for it. */
export function toWireError(error: unknown): ORPCError<string, unknown> {
  if (error instanceof ORPCError) return error as ORPCError<string, unknown>;
  const info = toErrorInfo(error);
  return new ORPCError(info.code, {
    status: errorStatus[info.code],
    message: info.message,
    data: { hint: info.hint, subject: info.subject },
    defined: true,
    cause: error,
  });
}

/** Runs a handler; what it throws, or what its stream throws later, leaves as a wire error. */
export async function withWireErrors<Result extends { output: unknown }>(
  log: Logger,
  path: readonly string[],
  handle: () => Promise<Result>,
): Promise<Result> {
  const translate = (error: unknown): ORPCError<string, unknown> => {
    const expected =
      error instanceof AppError || error instanceof ORPCError || isCancellation(error);
    if (!expected) log.error({ err: error, call: path.join('.') }, 'call failed');
    return toWireError(error);
  };
  try {
    const result = await handle();
    if (!isStream(result.output)) return result;
    return { ...result, output: translateStream(result.output, translate) };
  } catch (error) {
    throw translate(error);
  }
}

export const os = implementer.use(({ context, next, path }) =>
  withWireErrors(context.log, path, async () => await next()),
);
