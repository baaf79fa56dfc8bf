import { setImmediate } from 'node:timers/promises';
import { AppError } from '#shared/errors.ts';

/**
 * Lets messages in (a cancellation, another call) between two computations, which block the thread.
 * @throws AppError CANCELLED
 */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  if (signal?.aborted) throw new AppError('CANCELLED', 'Cancelled.');
}
