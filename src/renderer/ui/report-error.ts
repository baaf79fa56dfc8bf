/** The one path from an unknown error to what the user sees. Cancellations stay silent. */
import { isCancellation } from '#shared/errors.ts';
import { text } from './text.ts';
import type { ToastList } from './toasts.svelte.ts';

export interface ErrorText {
  code: string;
  message: string;
  hint: string | undefined;
}

/** What to tell a user about any thrown value; null when there is nothing to tell. */
export function describeError(error: unknown): ErrorText | null {
  if (isCancellation(error)) return null;
  if (typeof error !== 'object' || error === null) {
    return { code: 'INTERNAL', message: String(error), hint: undefined };
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'INTERNAL';
  if (code === 'CANCELLED') return null;
  const data: unknown = 'data' in error ? error.data : error;
  const message = 'message' in error && typeof error.message === 'string' ? error.message : '';
  return {
    code,
    message: message || text.error.unknown,
    hint: hintOf(data) ?? (code === 'INTERNAL' ? text.error.fault : undefined),
  };
}

function hintOf(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null || !('hint' in data)) return undefined;
  return typeof data.hint === 'string' ? data.hint : undefined;
}

export function reportError(toasts: ToastList, error: unknown): void {
  const told = describeError(error);
  if (!told) return;
  toasts.show(told.message, {
    tone: 'problem',
    hint: told.hint,
    // The same failure of ten calls is one message; a lost connection has the window's own notice.
    key: told.code === 'DISCONNECTED' ? 'connection' : `error:${told.code}:${told.message}`,
  });
}
