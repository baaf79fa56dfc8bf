import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError } from '#shared/errors.ts';

/** What memory takes in one piece. */
export const LARGEST_FILE = 2 ** 31 - 1;

/** @throws AppError NOT_FOUND, SOURCE_UNREADABLE, MODEL_INVALID where it is larger than `limit` bytes */
export async function readWhole(path: string, limit = LARGEST_FILE): Promise<Buffer> {
  try {
    const handle = await open(path);
    try {
      const { size } = await handle.stat();
      if (size > limit) {
        const subject = basename(path);
        throw new AppError('MODEL_INVALID', `${subject}: it is larger than ${limit} bytes.`, {
          subject,
        });
      }
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new AppError(
      missing ? 'NOT_FOUND' : 'SOURCE_UNREADABLE',
      missing ? `There is no file ${path}.` : `${path} cannot be read.`,
      { subject: path, cause: error },
    );
  }
}
