import type { Db } from './database.ts';

/** Small facts about the project: key and text. */
export class MetaTable {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  get(key: string): string | null {
    const row = this.#db.prepare('SELECT value FROM meta WHERE key = ?').pluck().get(key);
    return (row as string | undefined) ?? null;
  }

  set(key: string, value: string): void {
    this.#db
      .prepare(
        'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      )
      .run(key, value);
  }
}
