import type { ClassInfo } from '#shared/contract/index.ts';
import type { Db } from './database.ts';

export interface StoredClass {
  id: number;
  name: string;
  color: string;
  key: string | null;
  position: number;
  deletedAt: number | null;
}

const columns = 'id, name, color, key, position, deleted_at AS deletedAt';

export class ClassesTable {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** In display order, with how many images carry each. */
  list(): ClassInfo[] {
    return this.#db
      .prepare(
        `SELECT c.id, c.name, c.color, c.key,
           (SELECT count(*) FROM images i WHERE i.class_id = c.id AND i.deleted_at IS NULL) AS images
         FROM classes c WHERE c.deleted_at IS NULL ORDER BY c.position, c.id`,
      )
      .all() as ClassInfo[];
  }

  count(): number {
    return this.#db
      .prepare('SELECT count(*) FROM classes WHERE deleted_at IS NULL')
      .pluck()
      .get() as number;
  }

  /** Also finds a deleted class. */
  get(id: number): StoredClass | null {
    const row = this.#db.prepare(`SELECT ${columns} FROM classes WHERE id = ?`).get(id);
    return (row as StoredClass | undefined) ?? null;
  }

  byName(name: string): StoredClass | null {
    const row = this.#db
      .prepare(`SELECT ${columns} FROM classes WHERE name = ? AND deleted_at IS NULL`)
      .get(name);
    return (row as StoredClass | undefined) ?? null;
  }

  byKey(key: string): StoredClass | null {
    const row = this.#db
      .prepare(`SELECT ${columns} FROM classes WHERE key = ? AND deleted_at IS NULL`)
      .get(key);
    return (row as StoredClass | undefined) ?? null;
  }

  /** Appends a class; the name must be free. */
  insert(values: { name: string; color: string; key: string | null }): number {
    const result = this.#db
      .prepare(
        `INSERT INTO classes (name, color, key, position)
         VALUES (@name, @color, @key, (SELECT coalesce(max(position), 0) + 1 FROM classes))`,
      )
      .run(values);
    return Number(result.lastInsertRowid);
  }

  update(
    id: number,
    values: Partial<Pick<StoredClass, 'name' | 'color' | 'key' | 'position'>>,
  ): void {
    const current = this.get(id);
    if (!current) return;
    this.#db
      .prepare(
        'UPDATE classes SET name = @name, color = @color, key = @key, position = @position WHERE id = @id',
      )
      .run({ ...current, ...values });
  }

  setDeleted(id: number, deletedAt: number | null): void {
    this.#db.prepare('UPDATE classes SET deleted_at = ? WHERE id = ?').run(deletedAt, id);
  }
}
