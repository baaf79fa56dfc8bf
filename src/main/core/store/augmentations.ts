/** Augmentations that a project keeps. */
import type { AugmentationSpec } from '#shared/augmentation.ts';
import type { SavedAugmentation } from '#shared/contract/index.ts';
import type { Db } from './database.ts';

interface Row {
  spec: string;
  changedAt: number;
}

export class AugmentationsTable {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** Newest first. */
  list(): SavedAugmentation[] {
    return this.#db
      .prepare<[], Row>(
        'SELECT spec, changed_at AS changedAt FROM augmentations ORDER BY changed_at DESC, name',
      )
      .all()
      .map(({ spec, changedAt }) => ({ spec: JSON.parse(spec) as AugmentationSpec, changedAt }));
  }

  /** In place of what has its name. */
  save(spec: AugmentationSpec, changedAt: number): void {
    this.#db
      .prepare(
        `INSERT INTO augmentations (name, spec, changed_at) VALUES (?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET spec = excluded.spec, changed_at = excluded.changed_at`,
      )
      .run(spec.name, JSON.stringify(spec), changedAt);
  }

  /** Answers whether there was one. */
  remove(name: string): boolean {
    return this.#db.prepare('DELETE FROM augmentations WHERE name = ?').run(name).changes > 0;
  }
}
