/**
 * Opens a project's database: pragmas, integrity, migrations. Nothing here knows what is stored.
 */
import { copyFileSync, existsSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import Database from 'better-sqlite3';
import { AppError } from '#shared/errors.ts';
import { isSqliteError, toStoreError } from './errors.ts';
import { migrations } from './migrations/index.ts';

export type Db = Database.Database;
export type Statement = Database.Statement;

/** 'FOVA': tells our databases from any other SQLite file. */
const APPLICATION_ID = 0x464f5641;
const BUSY_TIMEOUT_MS = 10_000;

export interface OpenOptions {
  /** Make the file; without it, a missing or empty database is an error. */
  create?: boolean;
}

/**
 * @throws AppError PROJECT_TOO_NEW, PROJECT_DAMAGED, NOT_A_PROJECT, PERMISSION_DENIED, DISK_FULL
 */
export function openDatabase(file: string, options: OpenOptions = {}): Db {
  const create = options.create ?? false;
  if (!create && !existsSync(file)) {
    throw new AppError('NOT_A_PROJECT', `There is no database at ${file}.`, { subject: file });
  }
  // A log that was not folded in means that the last process died, or that another one is at work.
  const unclean = size(`${file}-wal`) > 0;
  let db: Db | undefined;
  try {
    // Something cut the file. A new empty project in its place would hide the loss.
    if (!create && size(file) === 0) throw new DamageError('The database is empty.');
    db = new Database(file, { timeout: BUSY_TIMEOUT_MS, fileMustExist: !create });
    setPragmas(db);
    if (unclean) checkIntegrity(db);
    checkIdentity(db, file, create);
    migrate(db, file);
    return db;
  } catch (error) {
    // Copied before the connection is closed, which would fold the log into the file.
    const reported = isDamage(error) ? damaged(file, error) : toStoreError(error, file);
    db?.close();
    throw reported;
  }
}

/**
 * WAL with synchronous=NORMAL: when a transaction returns it is in the WAL file, in the kernel's
 * hands, so the death of this process (kill -9, a crash) loses nothing. FULL would add an fsync to
 * each label for the sake of power cuts; with NORMAL a power cut may lose the last moments, but never
 * damages the file.
 */
function setPragmas(db: Db): void {
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.pragma('foreign_keys = ON');
  db.pragma('temp_store = MEMORY');
  db.pragma('cache_size = -32768');
}

class DamageError extends Error {}

function checkIntegrity(db: Db): void {
  const answer = db.pragma('quick_check(1)', { simple: true });
  if (answer !== 'ok') throw new DamageError(String(answer));
}

function checkIdentity(db: Db, file: string, create: boolean): void {
  if (db.pragma('application_id', { simple: true }) === APPLICATION_ID) return;
  const tables = db.prepare('SELECT count(*) FROM sqlite_master').pluck().get() as number;
  if (tables > 0) {
    throw new AppError('NOT_A_PROJECT', `${file} is not a Fovea database.`, { subject: file });
  }
  if (!create) throw new DamageError('The database has no tables.');
}

function migrate(db: Db, file: string): void {
  const newest = migrations.length;
  const version = (): number => db.pragma('user_version', { simple: true }) as number;
  if (version() > newest) {
    throw new AppError('PROJECT_TOO_NEW', 'A newer version of Fovea made this project.', {
      subject: file,
      hint: 'Update Fovea to open it.',
    });
  }
  if (version() === newest) return;
  if (version() > 0) keepBeforeMigration(db, file, version());
  // Under the write lock the version is read again: another process may have been faster.
  db.transaction(() => {
    for (const migration of migrations.slice(version())) {
      db.exec(migration.sql);
      db.pragma(`user_version = ${migration.version}`);
    }
    db.pragma(`application_id = ${APPLICATION_ID}`);
  }).immediate();
}

function keepBeforeMigration(db: Db, file: string, version: number): void {
  const copy = `${file}.v${version}`;
  if (!existsSync(copy)) db.prepare('VACUUM INTO ?').run(copy);
}

function isDamage(error: unknown): boolean {
  if (error instanceof DamageError) return true;
  return isSqliteError(error) && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);
}

/** Keeps the damaged files under another name (once per state of the file) and says where. */
function damaged(file: string, cause: unknown): AppError {
  const stamp = statSync(file).mtime.toISOString().replace(/[:.]/g, '-');
  const copy = `${file}.damaged-${stamp}`;
  for (const suffix of ['', '-wal']) {
    if (existsSync(file + suffix) && !existsSync(copy + suffix)) {
      copyFileSync(file + suffix, copy + suffix);
    }
  }
  const backup = `${file}.bak`;
  const hint = existsSync(backup)
    ? `The backup of ${statSync(backup).mtime.toLocaleString()} is beside it: rename ${basename(backup)} to ${basename(file)} to go back to it.`
    : 'Restore the project folder from a backup.';
  return new AppError(
    'PROJECT_DAMAGED',
    `The project's database is damaged. Nothing was changed; a copy is kept as ${basename(copy)}.`,
    { subject: file, hint, cause },
  );
}

function size(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
