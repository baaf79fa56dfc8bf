/**
 * Opens a project's database: pragmas, integrity, migrations. Nothing here knows what is stored.
 */
import Database from 'better-sqlite3';

export type Db = Database.Database;

/**
 * WAL with synchronous=NORMAL: a committed transaction is in the WAL file (the kernel's page cache)
 * when the call returns, so the death of this process (kill -9, crash) loses nothing. FULL would add
 * an fsync per label for the sake of power cuts; there, NORMAL may lose the last moments but never
 * damages the file.
 */
export function connect(file: string): Db {
  const db = new Database(file, { timeout: 10_000 });
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.pragma('foreign_keys = ON');
  db.pragma('temp_store = MEMORY');
  db.pragma('cache_size = -32768');
  return db;
}
