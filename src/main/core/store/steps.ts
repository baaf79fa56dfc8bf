import type { ImageFlag, LabelState } from '#shared/contract/index.ts';
import type { Db } from './database.ts';

export type StepSource = 'import' | 'person' | 'model' | 'merge';

export interface NewStep {
  description: string;
  author: string;
  at: number;
  source: StepSource;
  /** False for imports, which are not taken back by Undo. */
  undoable: boolean;
}

export interface StoredStep {
  id: number;
  description: string;
  at: number;
}

/** What a step changed beside labels. */
export interface StepChange {
  field: 'flag' | 'image-deleted' | 'class-deleted';
  /** Image or class id. */
  subject: number;
  before: string | null;
  after: string | null;
}

/** The chain that undo and redo walk along, and the changes (other than labels) of each step. */
export class StepsTable {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** Adds a step that is being done now. What was undone before it can no longer be redone. */
  begin(step: NewStep): number {
    if (step.undoable) {
      this.#db
        .prepare("UPDATE steps SET state = 'dropped' WHERE undoable = 1 AND state = 'undone'")
        .run();
    }
    const result = this.#db
      .prepare(
        `INSERT INTO steps (description, author, at, source, undoable)
         VALUES (@description, @author, @at, @source, @undoable)`,
      )
      .run({ ...step, undoable: step.undoable ? 1 : 0 });
    return Number(result.lastInsertRowid);
  }

  describe(id: number, description: string): void {
    this.#db.prepare('UPDATE steps SET description = ? WHERE id = ?').run(description, id);
  }

  /** The step that Undo takes back next. */
  undoable(): StoredStep | null {
    const row = this.#db
      .prepare(
        `SELECT id, description, at FROM steps WHERE undoable = 1 AND state = 'done'
         ORDER BY id DESC LIMIT 1`,
      )
      .get();
    return (row as StoredStep | undefined) ?? null;
  }

  /** The step that Redo does next: the earliest of those that are undone. */
  redoable(): StoredStep | null {
    const row = this.#db
      .prepare(
        `SELECT id, description, at FROM steps WHERE undoable = 1 AND state = 'undone'
         ORDER BY id LIMIT 1`,
      )
      .get();
    return (row as StoredStep | undefined) ?? null;
  }

  setState(id: number, state: 'done' | 'undone'): void {
    this.#db.prepare('UPDATE steps SET state = ? WHERE id = ?').run(state, id);
  }

  /** Images, and how many of them are labeled; without those in the bin. */
  counts(): { total: number; labeled: number } {
    return this.#db
      .prepare(
        'SELECT count(*) AS total, count(class_id) AS labeled FROM images WHERE deleted_at IS NULL',
      )
      .get() as { total: number; labeled: number };
  }

  state(): LabelState {
    return {
      ...this.counts(),
      undo: this.undoable()?.description ?? null,
      redo: this.redoable()?.description ?? null,
    };
  }

  /** Flags (or unflags) images; answers those that changed. */
  flag(step: number, images: readonly number[], flag: ImageFlag | null): number[] {
    return this.#changeImages(step, 'flag', 'flag', images, flag);
  }

  /** Labeling an image settles that it was skipped, or that its sources disagreed. */
  clearSettledFlags(step: number, images: readonly number[]): void {
    const settled = this.#db
      .prepare(
        `SELECT id FROM images WHERE flag IN ('conflict', 'skipped')
           AND id IN (SELECT value FROM json_each(?))`,
      )
      .pluck()
      .all(JSON.stringify(images)) as number[];
    if (settled.length > 0) this.flag(step, settled, null);
  }

  /** Moves images to the bin; answers those that were not there yet. */
  removeImages(step: number, images: readonly number[], at: number): number[] {
    return this.#changeImages(step, 'image-deleted', 'deleted_at', images, at);
  }

  #changeImages(
    step: number,
    field: StepChange['field'],
    column: 'flag' | 'deleted_at',
    images: readonly number[],
    after: string | number | null,
  ): number[] {
    const ids = this.#db
      .prepare(
        `INSERT INTO step_changes (step_id, field, subject, before, after)
         SELECT @step, @field, id, ${column}, @after FROM images
         WHERE id IN (SELECT value FROM json_each(@images)) AND deleted_at IS NULL
           AND ${column} IS NOT @after
         ORDER BY id RETURNING subject`,
      )
      .pluck()
      .all({ step, field, after, images: JSON.stringify(images) }) as number[];
    this.#db
      .prepare(
        `UPDATE images SET ${column} = @after WHERE id IN
           (SELECT subject FROM step_changes WHERE step_id = @step AND field = @field)`,
      )
      .run({ step, field, after });
    return ids;
  }

  recordClassDeletion(step: number, classId: number, at: number): void {
    this.#db
      .prepare(
        `INSERT INTO step_changes (step_id, field, subject, before, after)
         VALUES (?, 'class-deleted', ?, NULL, ?)`,
      )
      .run(step, classId, at);
    this.#db.prepare('UPDATE classes SET deleted_at = ? WHERE id = ?').run(at, classId);
  }

  changes(step: number): StepChange[] {
    return this.#db
      .prepare(
        'SELECT field, subject, before, after FROM step_changes WHERE step_id = ? ORDER BY id',
      )
      .all(step) as StepChange[];
  }

  /** Takes back the changes of images; answers which. */
  undoImages(step: number): number[] {
    this.#write(step, 'before');
    return this.#subjects(step);
  }

  /** Does the changes of images again. What they replace is recorded anew. */
  redoImages(step: number): number[] {
    this.#db
      .prepare(
        `UPDATE step_changes SET before = CASE field WHEN 'flag' THEN i.flag ELSE i.deleted_at END
         FROM images i WHERE step_id = ? AND field <> 'class-deleted' AND i.id = subject`,
      )
      .run(step);
    this.#write(step, 'after');
    return this.#subjects(step);
  }

  #write(step: number, side: 'before' | 'after'): void {
    for (const [field, column] of [
      ['flag', 'flag'],
      ['image-deleted', 'deleted_at'],
    ] as const) {
      this.#db
        .prepare(
          `UPDATE images SET ${column} = s.${side} FROM step_changes s
           WHERE s.step_id = ? AND s.field = ? AND s.subject = images.id`,
        )
        .run(step, field);
    }
  }

  #subjects(step: number): number[] {
    return this.#db
      .prepare("SELECT subject FROM step_changes WHERE step_id = ? AND field <> 'class-deleted'")
      .pluck()
      .all(step) as number[];
  }
}
