/** Studies, the images they take from, and their trainings with what those came to. */
import type { StudyPart, StudyRequest, StudyStatus } from '#shared/contract/index.ts';
import { studyRequest } from '#shared/contract/studies.ts';
import { AppError, type ErrorInfo } from '#shared/errors.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import { float32FromBlob, int32FromBlob, toBlob, uint32FromBlob } from './blobs.ts';
import type { Db } from './database.ts';
import { runNumber, studyNumber, type RunClass, type RunData, type RunOwner } from './run-rows.ts';
import { updateGiven } from './update-given.ts';

export interface StoredStudy {
  id: string;
  name: string;
  request: StudyRequest;
  /** Of the arm 'model'. */
  spec: ModelSpec;
  classes: RunClass[];
  measuredOn: 'test' | 'validation' | 'held-out' | 'folds';
  status: StudyStatus;
  createdAt: number;
  finishedAt: number | null;
  seconds: number;
  labelRevision: number;
  warnings: string[];
  error: ErrorInfo | null;
  job: string | null;
  owner: RunOwner;
}

export type NewStudy = Omit<StoredStudy, 'id' | 'finishedAt' | 'seconds' | 'error' | 'job'>;

export type StudyChanges = Partial<
  Pick<
    StoredStudy,
    'name' | 'status' | 'finishedAt' | 'seconds' | 'warnings' | 'error' | 'job' | 'owner'
  >
>;

/** Answers on images, as in evaluations. */
export interface StoredAnswers {
  images: Uint32Array;
  truth: Int32Array;
  /** Row-major images × classes. */
  probabilities: Float32Array;
}

export type NewPart = Omit<StudyPart, 'run' | 'result'>;

interface StudyRow {
  number: number;
  name: string;
  request: string;
  spec: string;
  classes: string;
  measured_on: StoredStudy['measuredOn'];
  status: StudyStatus;
  created_at: number;
  finished_at: number | null;
  seconds: number;
  label_revision: number;
  warnings: string;
  error: string | null;
  job: string | null;
  owner_pid: number;
  owner_mark: string | null;
}

interface PartRow {
  arm: StudyPart['arm'];
  size: number;
  seed: number;
  fold: number | null;
  run: number | null;
  result: string | null;
}

interface AnswersRow {
  images: Buffer;
  truth: Buffer;
  probabilities: Buffer;
}

export class StudiesTable {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** Within a transaction of the caller's. */
  insert(
    study: NewStudy,
    data: { pool: RunData; measured: RunData | null },
    parts: readonly NewPart[],
  ): StoredStudy {
    const { lastInsertRowid: number } = this.#db
      .prepare(
        `INSERT INTO studies (name, request, spec, classes, measured_on, status, created_at,
           label_revision, warnings, owner_pid, owner_mark)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        study.name,
        JSON.stringify(study.request),
        JSON.stringify(study.spec),
        JSON.stringify(study.classes),
        study.measuredOn,
        study.status,
        study.createdAt,
        study.labelRevision,
        JSON.stringify(study.warnings),
        study.owner.pid,
        study.owner.mark,
      );
    const addData = this.#db.prepare('INSERT INTO study_data VALUES (?, ?, ?, ?)');
    addData.run(number, 'pool', toBlob(data.pool.images), toBlob(data.pool.classes));
    if (data.measured) {
      addData.run(number, 'measured', toBlob(data.measured.images), toBlob(data.measured.classes));
    }
    const addPart = this.#db.prepare(
      'INSERT INTO study_parts (study, position, arm, size, seed, fold) VALUES (?, ?, ?, ?, ?, ?)',
    );
    parts.forEach(({ arm, size, seed, fold }, position) =>
      addPart.run(number, position, arm, size, seed, fold),
    );
    return this.get(`s${number}`);
  }

  /** @throws AppError NOT_FOUND */
  get(id: string): StoredStudy {
    const row = this.#db
      .prepare<[number], StudyRow>('SELECT * FROM studies WHERE number = ?')
      .get(studyNumber(id));
    if (row) return toStudy(row);
    throw new AppError('NOT_FOUND', `There is no study ${id} in this project.`, { subject: id });
  }

  /** Newest first. */
  list(): StoredStudy[] {
    return this.#db
      .prepare<[], StudyRow>('SELECT * FROM studies ORDER BY number DESC')
      .all()
      .map(toStudy);
  }

  update(id: string, changes: StudyChanges): void {
    updateGiven(this.#db, 'studies', studyNumber(id), [
      ['name', changes.name],
      ['status', changes.status],
      ['finished_at', changes.finishedAt],
      ['seconds', changes.seconds],
      ['warnings', changes.warnings && JSON.stringify(changes.warnings)],
      ['error', changes.error ? JSON.stringify(changes.error) : changes.error],
      ['job', changes.job],
      ['owner_pid', changes.owner?.pid],
      ['owner_mark', changes.owner?.mark],
    ]);
  }

  /** With its runs' rows; their folders are the caller's. */
  remove(id: string): void {
    this.#db.prepare('DELETE FROM studies WHERE number = ?').run(studyNumber(id));
  }

  data(id: string, part: 'pool' | 'measured'): RunData {
    const row = this.#db
      .prepare<[number, string], { images: Buffer; classes: Buffer }>(
        'SELECT images, classes FROM study_data WHERE study = ? AND part = ?',
      )
      .get(studyNumber(id), part);
    if (!row) return { images: new Uint32Array(), classes: new Int32Array() };
    return { images: uint32FromBlob(row.images), classes: int32FromBlob(row.classes) };
  }

  /** In their order. */
  parts(id: string): StudyPart[] {
    return this.#db
      .prepare<[number], PartRow>(
        'SELECT arm, size, seed, fold, run, result FROM study_parts WHERE study = ? ORDER BY position',
      )
      .all(studyNumber(id))
      .map((row) => ({
        ...row,
        run: row.run === null ? null : `r${row.run}`,
        result: row.result === null ? null : (JSON.parse(row.result) as StudyPart['result']),
      }));
  }

  setPart(id: string, position: number, changes: { run?: string | null; size?: number }): void {
    const set = this.#db.prepare(
      `UPDATE study_parts SET run = CASE WHEN @keep THEN run ELSE @run END,
         size = coalesce(@size, size) WHERE study = @study AND position = @position`,
    );
    set.run({
      study: studyNumber(id),
      position,
      keep: changes.run === undefined ? 1 : 0,
      run: changes.run ? runNumber(changes.run) : null,
      size: changes.size ?? null,
    });
  }

  setResult(
    id: string,
    position: number,
    result: NonNullable<StudyPart['result']>,
    answers: StoredAnswers | null,
  ): void {
    this.#db
      .prepare(
        `UPDATE study_parts SET result = ?, images = ?, truth = ?, probabilities = ?
         WHERE study = ? AND position = ?`,
      )
      .run(
        JSON.stringify(result),
        answers && toBlob(answers.images),
        answers && toBlob(answers.truth),
        answers && toBlob(answers.probabilities),
        studyNumber(id),
        position,
      );
  }

  /** All answers that are kept, part after part. */
  answers(id: string): StoredAnswers {
    const rows = this.#db
      .prepare<[number], AnswersRow>(
        `SELECT images, truth, probabilities FROM study_parts
         WHERE study = ? AND images IS NOT NULL ORDER BY position`,
      )
      .all(studyNumber(id));
    return {
      images: uint32FromBlob(Buffer.concat(rows.map((row) => row.images))),
      truth: int32FromBlob(Buffer.concat(rows.map((row) => row.truth))),
      probabilities: float32FromBlob(Buffer.concat(rows.map((row) => row.probabilities))),
    };
  }
}

function toStudy(row: StudyRow): StoredStudy {
  return {
    id: `s${row.number}`,
    name: row.name,
    // Settings that came later have their defaults in older rows.
    request: studyRequest.parse(JSON.parse(row.request)),
    spec: JSON.parse(row.spec) as ModelSpec,
    classes: JSON.parse(row.classes) as RunClass[],
    measuredOn: row.measured_on,
    status: row.status,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
    seconds: row.seconds,
    labelRevision: row.label_revision,
    warnings: JSON.parse(row.warnings) as string[],
    error: row.error === null ? null : (JSON.parse(row.error) as ErrorInfo),
    job: row.job,
    owner: { pid: row.owner_pid, mark: row.owner_mark },
  };
}
