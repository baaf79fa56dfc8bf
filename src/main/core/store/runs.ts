/** Training runs, their epochs and the data they learned from. */
import { AppError } from '#shared/errors.ts';
import { int32FromBlob, toBlob, uint32FromBlob } from './blobs.ts';
import type { Db } from './database.ts';
import {
  runNumber,
  statusColumn,
  studyNumber,
  toEpoch,
  toRun,
  type EpochRow,
  type NewRun,
  type RunChanges,
  type RunData,
  type RunRow,
  type StoredEpoch,
  type StoredRun,
} from './run-rows.ts';
import { updateGiven } from './update-given.ts';

export { runNumber } from './run-rows.ts';
export type {
  NewRun,
  RunChanges,
  RunClass,
  RunData,
  RunOwner,
  StoredEpoch,
  StoredRun,
} from './run-rows.ts';

export class RunsTable {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /**
   * Stores the run with its data snapshot, and gives it its id.
   * @param unlabeled images to learn from without a label
   */
  insert(
    run: NewRun,
    train: RunData,
    validation: RunData | null,
    unlabeled: Uint32Array = new Uint32Array(),
  ): StoredRun {
    const data = this.#db.prepare('INSERT INTO run_data VALUES (?, ?, ?, ?)');
    const insert = this.#db.transaction(() => {
      const { lastInsertRowid } = this.#db
        .prepare(
          `INSERT INTO runs (name, status, created_at, options, spec, classes, parameters, versions,
             train_images, validation_images, label_revision, warnings, job, owner_pid, owner_mark,
             study)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          run.name,
          run.status,
          run.createdAt,
          JSON.stringify(run.options),
          JSON.stringify(run.spec),
          JSON.stringify(run.classes),
          run.parameters,
          JSON.stringify(run.versions),
          train.images.length,
          validation?.images.length ?? 0,
          run.labelRevision,
          JSON.stringify(run.warnings),
          run.job,
          run.owner.pid,
          run.owner.mark,
          run.study === null ? null : studyNumber(run.study),
        );
      data.run(lastInsertRowid, 'train', toBlob(train.images), toBlob(train.classes));
      if (validation) {
        data.run(
          lastInsertRowid,
          'validation',
          toBlob(validation.images),
          toBlob(validation.classes),
        );
      }
      if (unlabeled.length > 0) this.#setUnlabeled(lastInsertRowid, unlabeled);
      return `r${lastInsertRowid}`;
    });
    return this.get(insert.immediate());
  }

  find(id: string): StoredRun | null {
    const row = this.#db
      .prepare<[number], RunRow>('SELECT * FROM runs WHERE number = ?')
      .get(runNumber(id));
    return row ? toRun(row) : null;
  }

  /** @throws AppError NOT_FOUND */
  get(id: string): StoredRun {
    const run = this.find(id);
    if (run) return run;
    throw new AppError('NOT_FOUND', `There is no run ${id} in this project.`, { subject: id });
  }

  /** Newest first, without those of studies. */
  list(): StoredRun[] {
    return this.#db
      .prepare<[], RunRow>('SELECT * FROM runs WHERE study IS NULL ORDER BY number DESC')
      .all()
      .map(toRun);
  }

  /** Runs that some process is, or was, working on. */
  unfinished(): StoredRun[] {
    return this.#db
      .prepare<[], RunRow>(
        `SELECT * FROM runs WHERE status IN ('preparing', 'running', 'stopping') ORDER BY number`,
      )
      .all()
      .map(toRun);
  }

  count(): number {
    return (
      this.#db.prepare<[], number>('SELECT count(*) FROM runs WHERE study IS NULL').pluck().get() ??
      0
    );
  }

  update(id: string, changes: RunChanges): void {
    updateGiven(this.#db, 'runs', runNumber(id), [
      ['name', changes.name],
      ['notes', changes.notes],
      ['status', changes.status && statusColumn(changes.status)],
      ['finished_at', changes.finishedAt],
      ['parameters', changes.parameters],
      ['engine', changes.engine],
      ['seconds', changes.seconds],
      ['error', changes.error ? JSON.stringify(changes.error) : changes.error],
      ['ending', changes.ending ? JSON.stringify(changes.ending) : changes.ending],
      ['warnings', changes.warnings && JSON.stringify(changes.warnings)],
      ['job', changes.job],
      ['options', changes.options && JSON.stringify(changes.options)],
      ['owner_pid', changes.owner?.pid],
      ['owner_mark', changes.owner?.mark],
    ]);
  }

  /** The run with its epochs, data, evaluations and exports. Its folder is the caller's. */
  remove(id: string): void {
    this.#db.prepare('DELETE FROM runs WHERE number = ?').run(runNumber(id));
  }

  addEpoch(id: string, { metrics, best }: StoredEpoch): void {
    this.#db
      .prepare(
        `INSERT OR REPLACE INTO epochs (run, epoch, loss, accuracy, val_loss, val_accuracy,
           learning_rate, images_per_second, data_wait, sure, seconds, best)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        runNumber(id),
        metrics.epoch,
        metrics.loss,
        metrics.accuracy,
        metrics.valLoss,
        metrics.valAccuracy,
        metrics.learningRate,
        metrics.imagesPerSecond,
        metrics.dataWait ?? null,
        metrics.sure ?? null,
        metrics.seconds,
        best ? 1 : 0,
      );
  }

  /** In order. The last one marked best is the best checkpoint's. */
  epochs(id: string): StoredEpoch[] {
    return this.#db
      .prepare<[number], EpochRow>('SELECT * FROM epochs WHERE run = ? ORDER BY epoch')
      .all(runNumber(id))
      .map(toEpoch);
  }

  /** Images (not in the bin) labeled or unlabeled after `revision`, with their label of now. */
  labelsChangedSince(revision: number): Map<number, number | null> {
    const rows = this.#db
      .prepare<[number], { id: number; classId: number | null }>(
        `SELECT id, class_id AS classId FROM images
         WHERE label_revision > ? AND deleted_at IS NULL`,
      )
      .all(revision);
    return new Map(rows.map((row) => [row.id, row.classId]));
  }

  /** Distinct sizes of the labeled images, commonest first. */
  imageShapes(): { width: number; height: number; channels: number; images: number }[] {
    return this.#db
      .prepare<[], { width: number; height: number; channels: number; images: number }>(
        `SELECT width, height, channels, count(*) AS images FROM images
         WHERE deleted_at IS NULL AND class_id IS NOT NULL
         GROUP BY width, height, channels ORDER BY images DESC`,
      )
      .all();
  }

  /** Replaces the snapshot, when some of its images turned out to be unreadable. */
  setData(id: string, part: 'train' | 'validation', data: RunData): void {
    const count = part === 'train' ? 'train_images' : 'validation_images';
    this.#db.transaction(() => {
      this.#db
        .prepare('UPDATE run_data SET images = ?, classes = ? WHERE run = ? AND part = ?')
        .run(toBlob(data.images), toBlob(data.classes), runNumber(id), part);
      this.#db
        .prepare(`UPDATE runs SET ${count} = ? WHERE number = ?`)
        .run(data.images.length, runNumber(id));
    })();
  }

  data(id: string, part: 'train' | 'validation'): RunData {
    const row = this.#db
      .prepare<[number, string], { images: Buffer; classes: Buffer }>(
        'SELECT images, classes FROM run_data WHERE run = ? AND part = ?',
      )
      .get(runNumber(id), part);
    if (!row) return { images: new Uint32Array(), classes: new Int32Array() };
    return { images: uint32FromBlob(row.images), classes: int32FromBlob(row.classes) };
  }

  /** Ids of the images without a label that it learns from. */
  unlabeled(id: string): Uint32Array {
    const row = this.#db
      .prepare<[number], { images: Buffer }>('SELECT images FROM run_unlabeled WHERE run = ?')
      .get(runNumber(id));
    return row ? uint32FromBlob(row.images) : new Uint32Array();
  }

  /** Replaces them, when some turned out to be unreadable. */
  setUnlabeled(id: string, images: Uint32Array): void {
    this.#db.transaction(() => this.#setUnlabeled(runNumber(id), images))();
  }

  #setUnlabeled(number: number | bigint, images: Uint32Array): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO run_unlabeled VALUES (?, ?)')
      .run(number, toBlob(images));
    this.#db
      .prepare('UPDATE runs SET unlabeled_images = ? WHERE number = ?')
      .run(images.length, number);
  }
}
