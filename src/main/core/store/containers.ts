import type { Db } from './database.ts';

/** A file that holds many images of one size (IDX). */
export interface Container {
  id: number;
  sha256: string;
  storage: 'copy' | 'reference';
  /** Relative to the project's images/ when copied, absolute when referenced. */
  path: string;
  /** File name at the source. */
  name: string;
  height: number;
  width: number;
  channels: number;
  count: number;
}

const columns = 'id, sha256, storage, path, name, height, width, channels, count';

export class ContainersTable {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  get(id: number): Container | null {
    const row = this.#db.prepare(`SELECT ${columns} FROM containers WHERE id = ?`).get(id);
    return (row as Container | undefined) ?? null;
  }

  bySha(sha256: string): Container | null {
    const row = this.#db.prepare(`SELECT ${columns} FROM containers WHERE sha256 = ?`).get(sha256);
    return (row as Container | undefined) ?? null;
  }

  insert(container: Omit<Container, 'id'>): Container {
    const result = this.#db
      .prepare(
        `INSERT INTO containers (sha256, storage, path, name, height, width, channels, count)
         VALUES (@sha256, @storage, @path, @name, @height, @width, @channels, @count)`,
      )
      .run(container);
    return { ...container, id: Number(result.lastInsertRowid) };
  }

  /** A referenced container that was found again elsewhere. */
  setLocation(id: number, storage: 'copy' | 'reference', path: string): void {
    this.#db
      .prepare('UPDATE containers SET storage = ?, path = ? WHERE id = ?')
      .run(storage, path, id);
  }
}
