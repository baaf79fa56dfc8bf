/**
 * A project's database. The only place with SQL is this folder, one file per table's queries.
 *
 * To add a table: a migration in migrations/, a class of queries that takes the `Db`, and a field
 * here. Every method is synchronous and short; several processes may have one database open.
 */
import { ClassesTable } from './classes.ts';
import { ContainersTable } from './containers.ts';
import type { Db } from './database.ts';
import { EvaluationsTable } from './evaluations.ts';
import { ExportsTable } from './exports.ts';
import { ImagesTable } from './images.ts';
import { ImportsTable } from './imports.ts';
import { LabelsTable } from './labels.ts';
import { MetaTable } from './meta.ts';
import { RunsTable } from './runs.ts';
import { SplitsTable } from './splits.ts';

export class Store {
  readonly meta: MetaTable;
  readonly imports: ImportsTable;
  readonly containers: ContainersTable;
  readonly images: ImagesTable;
  readonly classes: ClassesTable;
  readonly labels: LabelsTable;
  readonly splits: SplitsTable;
  readonly runs: RunsTable;
  readonly evaluations: EvaluationsTable;
  readonly exports: ExportsTable;
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
    this.meta = new MetaTable(db);
    this.imports = new ImportsTable(db);
    this.containers = new ContainersTable(db);
    this.images = new ImagesTable(db);
    this.classes = new ClassesTable(db);
    this.labels = new LabelsTable(db);
    this.splits = new SplitsTable(db);
    this.runs = new RunsTable(db);
    this.evaluations = new EvaluationsTable(db);
    this.exports = new ExportsTable(db);
  }

  /** Runs `work` in one write transaction: all of it is stored, or nothing. May be nested. */
  transaction<T>(work: () => T): T {
    return this.#db.transaction(work).immediate();
  }
}

/**
 * Opens (or makes) the database file `path` and brings its schema up to date.
 *
 * @throws AppError PROJECT_TOO_NEW when a newer version of the app wrote it, PROJECT_DAMAGED when it
 *   fails its integrity check (a copy is kept beside it), PERMISSION_DENIED, DISK_FULL.
 */
export function openStore(path: string): Store {
  void path;
  throw new Error('being written');
}
