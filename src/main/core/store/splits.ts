import type { Split, SplitSummary } from '#shared/contract/index.ts';
import type { Db } from './database.ts';

export class SplitsTable {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  summary(): SplitSummary {
    const rows = this.#db
      .prepare(
        `SELECT class_id AS classId, coalesce(split, 'none') AS split, count(*) AS images,
           count(imported_split) AS imported
         FROM images WHERE deleted_at IS NULL GROUP BY class_id, split`,
      )
      .all() as {
      classId: number | null;
      split: Split | 'none';
      images: number;
      imported: number;
    }[];
    const order = this.#db
      .prepare('SELECT id FROM classes WHERE deleted_at IS NULL ORDER BY position, id')
      .pluck()
      .all() as number[];
    const empty = { train: 0, validation: 0, test: 0, none: 0 };
    const classes = new Map(order.map((classId) => [classId, { classId, ...empty }]));
    const summary = { total: 0, ...empty, imported: 0 };
    for (const row of rows) {
      summary.total += row.images;
      summary.imported += row.imported;
      summary[row.split] += row.images;
      const counts = row.classId === null ? undefined : classes.get(row.classId);
      if (counts) counts[row.split] += row.images;
    }
    return { ...summary, classes: [...classes.values()] };
  }

  /** Images by class, in import order: what a random split is drawn from. */
  candidates(scope: 'unassigned' | 'all'): { id: number; classId: number | null }[] {
    return this.#db
      .prepare(
        `SELECT id, class_id AS classId FROM images
         WHERE deleted_at IS NULL AND (? = 'all' OR split IS NULL) ORDER BY id`,
      )
      .all(scope) as { id: number; classId: number | null }[];
  }

  set(images: readonly number[], split: Split | null): void {
    this.#db
      .prepare(
        'UPDATE images SET split = ? WHERE id IN (SELECT value FROM json_each(?)) AND deleted_at IS NULL',
      )
      .run(split, JSON.stringify(images));
  }

  /** Back to what each image's source said; images whose source said nothing lose their split. */
  useImported(): void {
    this.#db.prepare('UPDATE images SET split = imported_split WHERE deleted_at IS NULL').run();
  }
}
