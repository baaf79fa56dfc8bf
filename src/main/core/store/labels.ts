import type { LabelEntry } from '#shared/contract/index.ts';
import type { Db, Statement } from './database.ts';

/** The label history; keeps each image's current label (images.class_id) in step with it. */
export class LabelsTable {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** Grows each time any image's label changes (also by undo and redo). */
  revision(): number {
    const value = this.#db
      .prepare("SELECT value FROM meta WHERE key = 'label-revision'")
      .pluck()
      .get();
    return Number(value ?? 0);
  }

  /** How many of the images got another label since `revision` was read. */
  changedSince(revision: number, images: readonly number[]): number {
    return this.#db
      .prepare(
        `SELECT count(*) FROM images
         WHERE label_revision > ? AND id IN (SELECT value FROM json_each(?))`,
      )
      .pluck()
      .get(revision, JSON.stringify(images)) as number;
  }

  #nextRevision(): number {
    return Number(
      this.#db
        .prepare(
          `INSERT INTO meta (key, value) VALUES ('label-revision', '1')
           ON CONFLICT (key) DO UPDATE SET value = value + 1 RETURNING value`,
        )
        .pluck()
        .get(),
    );
  }

  /**
   * Labels images (null clears) and records it; answers the images it concerned. An image that has
   * this label already is left alone, unless it is flagged as conflicting or skipped: then saying the
   * label again is the decision that was missing, and is recorded.
   */
  assign(step: number, images: readonly number[], classId: number | null, at: number): number[] {
    return this.#apply(
      step,
      classId,
      at,
      `id IN (SELECT value FROM json_each(@images)) AND deleted_at IS NULL
         AND (class_id IS NOT @classId OR (@classId IS NOT NULL AND flag IN ('conflict', 'skipped')))`,
      JSON.stringify(images),
    );
  }

  /** Gives every image of class `from`, also those in the bin, the class `into` (null: none). */
  moveClass(step: number, from: number, into: number | null, at: number): number[] {
    return this.#apply(step, into, at, 'class_id = @images', from);
  }

  #apply(
    step: number,
    classId: number | null,
    at: number,
    where: string,
    images: string | number,
  ): number[] {
    const ids = this.#db
      .prepare(
        `INSERT INTO label_entries (step_id, image_id, class_id, previous_class_id, previous_at)
         SELECT @step, id, @classId, class_id, labeled_at FROM images WHERE ${where}
         ORDER BY id RETURNING image_id`,
      )
      .pluck()
      .all({ step, classId, images }) as number[];
    if (ids.length > 0) this.#show(step, 'class_id', '@at', at);
    return ids;
  }

  /** Takes back the labels of a step; answers the images. */
  undo(step: number): number[] {
    this.#show(step, 'previous_class_id', 'e.previous_at', null);
    return this.#imagesOf(step);
  }

  /** Labels as the step did. What it replaces is recorded anew: an import may have come between. */
  redo(step: number, at: number): number[] {
    this.#db
      .prepare(
        `UPDATE label_entries SET previous_class_id = i.class_id, previous_at = i.labeled_at
         FROM images i WHERE step_id = ? AND conflict = 0 AND i.id = image_id`,
      )
      .run(step);
    this.#show(step, 'class_id', '@at', at);
    return this.#imagesOf(step);
  }

  /** Makes the images' current labels those of one side of a step's entries. */
  #show(
    step: number,
    side: 'class_id' | 'previous_class_id',
    labeledAt: '@at' | 'e.previous_at',
    at: number | null,
  ): void {
    this.#db
      .prepare(
        `UPDATE images SET class_id = e.${side},
           labeled_at = CASE WHEN e.${side} IS NULL THEN NULL ELSE ${labeledAt} END,
           label_revision = CASE WHEN images.class_id IS e.${side} THEN label_revision ELSE @revision END
         FROM label_entries e
         WHERE e.step_id = @step AND e.conflict = 0 AND e.image_id = images.id`,
      )
      .run({ step, revision: this.#nextRevision(), ...(labeledAt === '@at' ? { at } : {}) });
  }

  #imagesOf(step: number): number[] {
    return this.#db
      .prepare('SELECT image_id FROM label_entries WHERE step_id = ? AND conflict = 0')
      .pluck()
      .all(step) as number[];
  }

  /** Whether anyone ever decided about this image; an undone decision does not count. */
  hasHistory(image: number): boolean {
    return (
      this.#db
        .prepare(
          `SELECT 1 FROM label_entries e JOIN steps s ON s.id = e.step_id
           WHERE e.image_id = ? AND s.state = 'done' LIMIT 1`,
        )
        .get(image) !== undefined
    );
  }

  /** Whether an import said before that this image is of that class, be it applied or lost. */
  importedAs(image: number, classId: number): boolean {
    return (
      this.#db
        .prepare(
          `SELECT 1 FROM label_entries e JOIN steps s ON s.id = e.step_id
           WHERE e.image_id = ? AND e.class_id = ? AND s.source = 'import' LIMIT 1`,
        )
        .get(image, classId) !== undefined
    );
  }

  /** A label that lost against an earlier one; the image's label stays. */
  addConflict(step: number, image: number, classId: number): void {
    this.#db
      .prepare(
        `INSERT INTO label_entries (step_id, image_id, class_id, previous_class_id, conflict)
         SELECT ?, id, ?, class_id, 1 FROM images WHERE id = ?`,
      )
      .run(step, classId, image);
  }

  #importEntry: Statement | undefined;
  #importLabel: Statement | undefined;

  /** The label that an import gives an image that has none. */
  addImported(step: number, image: number, classId: number, at: number, revision: number): void {
    this.#importEntry ??= this.#db.prepare(
      'INSERT INTO label_entries (step_id, image_id, class_id) VALUES (?, ?, ?)',
    );
    this.#importLabel ??= this.#db.prepare(
      'UPDATE images SET class_id = ?, labeled_at = ?, label_revision = ? WHERE id = ?',
    );
    this.#importEntry.run(step, image, classId);
    this.#importLabel.run(classId, at, revision, image);
  }

  /** One revision for a batch of imported labels. */
  newRevision(): number {
    return this.#nextRevision();
  }

  /** Newest first. */
  history(image: number): LabelEntry[] {
    const rows = this.#db
      .prepare(
        `SELECT s.at, s.author, s.source, e.class_id AS classId, c.name AS className,
           s.description AS step, s.state <> 'done' AS undone, e.conflict
         FROM label_entries e JOIN steps s ON s.id = e.step_id LEFT JOIN classes c ON c.id = e.class_id
         WHERE e.image_id = ? ORDER BY e.id DESC`,
      )
      .all(image) as (Omit<LabelEntry, 'undone' | 'conflict'> & {
      undone: number;
      conflict: number;
    })[];
    return rows.map((row) => ({ ...row, undone: row.undone === 1, conflict: row.conflict === 1 }));
  }
}
