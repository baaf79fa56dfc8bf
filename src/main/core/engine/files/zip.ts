/** Zip archives of a few files, in memory (fflate). */
import { unzipSync, zipSync } from 'fflate';
import { AppError } from '#shared/errors.ts';

/** Weights hardly get smaller: what is so much larger than its archive is a bomb. */
const LARGEST_RATIO = 100;
const LARGEST_BYTES = 2 ** 31;
const SMALL = 2 ** 24;

/** Stored, not compressed: weights do not get smaller. */
export function zipFiles(files: Readonly<Record<string, Uint8Array>>, at: Date): Uint8Array {
  return zipSync({ ...files }, { level: 0, mtime: at });
}

/**
 * The files of these names, or that a test takes; others are left out, so no name can lead anywhere.
 * @param subject what messages call the archive
 * @throws AppError SOURCE_UNREADABLE for what is damaged or would become too large
 */
export function unzipFiles(
  bytes: Uint8Array,
  wanted: readonly string[] | ((name: string) => boolean),
  subject: string,
): ReadonlyMap<string, Uint8Array> {
  const limit = Math.min(LARGEST_BYTES, SMALL + bytes.byteLength * LARGEST_RATIO);
  const takes = typeof wanted === 'function' ? wanted : (name: string) => wanted.includes(name);
  let total = 0;
  try {
    const files = unzipSync(bytes, {
      filter({ name, originalSize }) {
        if (!takes(name)) return false;
        total += originalSize;
        if (total > limit) {
          throw new AppError('SOURCE_UNREADABLE', `${subject} would become too large.`, {
            subject,
          });
        }
        return true;
      },
    });
    return new Map(Object.entries(files));
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('SOURCE_UNREADABLE', `${subject} is damaged, or no zip file.`, {
      subject,
      cause,
    });
  }
}
