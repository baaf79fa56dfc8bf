import { open, mkdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '#shared/errors.ts';

/**
 * Writes a file so that its name always holds a whole one: a temporary file beside it, flushed to
 * the disk, then renamed over it. Throws DISK_FULL or PERMISSION_DENIED where that is the cause.
 */
export async function writeAtomically(file: string, pieces: readonly Uint8Array[]): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  let handle: FileHandle | undefined;
  try {
    await mkdir(dirname(file), { recursive: true });
    handle = await open(temporary, 'w');
    for (const piece of pieces) await handle.writeFile(piece);
    await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(temporary, file);
  } catch (error) {
    await handle?.close().catch(() => undefined);
    await rm(temporary, { force: true }).catch(() => undefined);
    throw explain(error, file);
  }
}

function explain(error: unknown, file: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new AppError('DISK_FULL', `The disk is full: ${file} was not written.`, {
      subject: file,
      hint: 'Free some space and train again.',
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new AppError('PERMISSION_DENIED', `${file} may not be written.`, {
      subject: file,
      hint: 'Check the permissions of the folder.',
      cause: error,
    });
  }
  return error;
}
