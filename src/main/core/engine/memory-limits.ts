/** What fits into a machine's memory, and what to say where it ended. */
import { AppError, toErrorInfo } from '#shared/errors.ts';
import { EngineDeath } from './engine-process.ts';
import type { MemoryNeed } from './protocol.ts';

export function bytesAt({ least, fixed, perImage }: MemoryNeed, batch: number): number {
  return Math.max(least, fixed + batch * perImage);
}

const isMemoryCode = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'OUT_OF_MEMORY';

/** Failures that are worth finding out what a step needs. */
export function mayBeMemory(error: unknown): boolean {
  return error instanceof EngineDeath || isMemoryCode(error);
}

/** Deaths that the system deals out where memory ends. */
const memorySignals: readonly (NodeJS.Signals | null)[] = ['SIGKILL', 'SIGABRT'];

/** Whether memory ended: a process killed where a step needs most of what is free, probably for it. */
export function endedMemory(
  error: unknown,
  batch: number,
  need: MemoryNeed,
  free: number,
): boolean {
  if (error instanceof EngineDeath) {
    return memorySignals.includes(error.signal) && bytesAt(need, batch) > free / 2;
  }
  return isMemoryCode(error);
}

/** Never more than this share of what is free: the rest of the system needs some too. */
const SHARE = 0.9;

/** The largest power of two (or less than 8) whose steps fit into `bytes`; 0 where none does. */
export function largestBatch({ least, fixed, perImage }: MemoryNeed, bytes: number): number {
  if (least > bytes * SHARE) return 0;
  const most = Math.floor((bytes * SHARE - fixed) / perImage);
  return most < 1 ? 0 : most < 8 ? most : 2 ** Math.floor(Math.log2(most));
}

/** The same failure with the batch that fits. */
export function withSmallerBatch(
  error: unknown,
  batch: number,
  need: MemoryNeed,
  free: number,
): AppError {
  const { message } = toErrorInfo(error);
  const fits = Math.min(largestBatch(need, free), Math.floor(batch / 2));
  const needed = gigabytes(bytesAt(need, batch));
  const code = error instanceof EngineDeath ? 'ENGINE_FAILED' : 'OUT_OF_MEMORY';
  return new AppError(
    code,
    `${message} A step with a batch of ${batch} takes about ${needed}; ${gigabytes(free)} are free.`,
    {
      hint:
        fits >= 1
          ? `Train with a batch of ${fits}.`
          : 'Close other programs, or choose a smaller model or smaller images.',
      cause: error,
    },
  );
}

/** Said before a training starts; null where it fits. */
export function memoryWarning(need: MemoryNeed, batch: number, free: number): string | null {
  if (bytesAt(need, batch) <= free * SHARE) return null;
  const fits = largestBatch(need, free);
  return (
    `A step with a batch of ${batch} takes about ${gigabytes(bytesAt(need, batch))} of memory; ` +
    `${gigabytes(free)} are free. ` +
    (fits >= 1 ? `A batch of ${fits} fits.` : 'Not even one image fits.')
  );
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GB`;
}
