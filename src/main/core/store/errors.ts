import Database from 'better-sqlite3';
import { AppError } from '#shared/errors.ts';

export function isSqliteError(error: unknown): error is Error & { code: string } {
  return error instanceof Database.SqliteError;
}

/** What SQLite says about the disk, rights and other programs, as an error that a user can act on. */
export function toStoreError(error: unknown, file: string): unknown {
  if (!isSqliteError(error)) return error;
  const options = { subject: file, cause: error };
  const { code } = error;
  if (code.startsWith('SQLITE_FULL')) {
    return new AppError('DISK_FULL', 'The disk is full; the last change was not stored.', {
      ...options,
      hint: 'Free some space and try again.',
    });
  }
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB')) {
    return new AppError('PROJECT_DAMAGED', `The project's database is damaged: ${file}.`, options);
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new AppError('CONFLICT', 'Another program is writing to this project.', {
      ...options,
      hint: 'Wait until it is done and try again.',
    });
  }
  if (/^SQLITE_(READONLY|CANTOPEN|PERM|AUTH)/.test(code)) {
    return new AppError('PERMISSION_DENIED', `The project's database cannot be written: ${file}.`, {
      ...options,
      hint: 'Check the rights of the project folder, and that its disk is not read-only.',
    });
  }
  if (code.startsWith('SQLITE_IOERR')) {
    return new AppError(
      'SOURCE_UNREADABLE',
      `The project's disk does not answer: ${file}.`,
      options,
    );
  }
  return error;
}
