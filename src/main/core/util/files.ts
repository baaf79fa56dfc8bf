/** File operations that leave nothing half-written, and what their errors mean to a user. */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, renameSync, rmSync, writeFileSync } from 'node:fs';
import { AppError } from '#shared/errors.ts';

export function isNodeError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string';
}

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return isNodeError(error) && error.code !== undefined && codes.includes(error.code);
}

/** A name beside `file` for what is being written, to be renamed to `file` when it is whole. */
export function partialName(file: string): string {
  return `${file}.${process.pid}-${randomBytes(4).toString('hex')}.partial`;
}

/** Replaces a small file at once: readers see the old or the new content, never a part. */
export function writeFileAtomic(file: string, content: string): void {
  const partial = partialName(file);
  try {
    writeFileSync(partial, content, { flush: true });
    renameSync(partial, file);
  } catch (error) {
    rmSync(partial, { force: true });
    throw toFileError(error, file);
  }
}

/** Errors of the file system as errors that a user can act on; others as they are. */
export function toFileError(error: unknown, file: string): unknown {
  if (!isNodeError(error)) return error;
  const options = { subject: file, cause: error };
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new AppError('DISK_FULL', `The disk is full; ${file} could not be written.`, {
        ...options,
        hint: 'Free some space and try again.',
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new AppError('PERMISSION_DENIED', `No permission for ${file}.`, {
        ...options,
        hint: 'Choose another place, or change its rights.',
      });
    case 'ENOENT':
    case 'ENOTDIR':
      return new AppError('NOT_FOUND', `${file} does not exist.`, options);
    case 'EEXIST':
      return new AppError('ALREADY_EXISTS', `${file} exists already.`, options);
    case 'EIO':
      return new AppError(
        'SOURCE_UNREADABLE',
        `${file} cannot be read: its disk does not answer.`,
        options,
      );
    default:
      return error;
  }
}

export async function fileSha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
