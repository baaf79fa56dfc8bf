import { ORPCError } from '@orpc/client';
import { CommanderError } from 'commander';
import * as z from 'zod';
import { AppError, isCancellation } from '#shared/errors.ts';

/** What a shell shows for a program ended by Ctrl-C. */
const CANCELLED_EXIT = 130;

const issues = z.object({
  issues: z.array(z.object({ message: z.string(), path: z.array(z.unknown()).optional() })),
});
const hinted = z.object({ hint: z.string().optional() });

/** Any thrown value as one line and an exit code. */
export function describeFailure(error: unknown): { message: string; exitCode: number } {
  if (isCancellation(error) || (error instanceof ORPCError && error.code === 'CANCELLED')) {
    return { message: 'Cancelled.', exitCode: CANCELLED_EXIT };
  }
  if (error instanceof CommanderError) {
    return { message: error.message.replace(/^error: /, ''), exitCode: error.exitCode };
  }
  return { message: messageOf(error), exitCode: 1 };
}

function messageOf(error: unknown): string {
  if (error instanceof AppError) return withHint(error.message, error.hint);
  if (error instanceof ORPCError) {
    // What the contract refused: name the field, the schema's own words say why.
    const invalid = issues.safeParse(error.data);
    if (invalid.success) {
      return invalid.data.issues
        .map(({ path, message }) => [path?.join('.'), message].filter(Boolean).join(': '))
        .join('; ');
    }
    return withHint(error.message, hinted.safeParse(error.data).data?.hint);
  }
  return error instanceof Error ? error.message : String(error);
}

function withHint(message: string, hint: string | undefined): string {
  return hint === undefined ? message : `${message} ${hint}`;
}
