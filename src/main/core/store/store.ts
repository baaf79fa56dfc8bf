/**
 * A project's database. The only place with SQL is this folder, one file per table's queries.
 *
 * To add a table: a migration in migrations/, a class of queries that takes the `Db`, and a field
 * here. Every method is synchronous and short; several processes may have one database open.
 */
import { rename, rm, stat } from 'node:fs/promises';
import { partialName } from '../util/files.ts';
import { AugmentationsTable } from './augmentations.ts';
import { ClassesTable } from './classes.ts';
import { ContainersTable } from './containers.ts';
import { openDatabase, type Db, type OpenOptions } from './database.ts';
import { toStoreError } from './errors.ts';
import { EvaluationsTable } from './evaluations.ts';
import { ExportsTable } from './exports.ts';
import { ImagesTable } from './images.ts';
import { ImportsTable } from './imports.ts';
import { LabelsTable } from './labels.ts';
import { MetaTable } from './meta.ts';
import { ModelsTable } from './models.ts';
import { RunsTable } from './runs.ts';
import { SplitsTable } from './splits.ts';
import { StepsTable } from './steps.ts';
import { StudiesTable } from './studies.ts';

export class Store {
  readonly meta: MetaTable;
  readonly imports: ImportsTable;
  readonly containers: ContainersTable;
  readonly images: ImagesTable;
  readonly classes: ClassesTable;
  readonly labels: LabelsTable;
  readonly steps: StepsTable;
  readonly splits: SplitsTable;
  readonly augmentations: AugmentationsTable;
  readonly models: ModelsTable;
  readonly runs: RunsTable;
  readonly evaluations: EvaluationsTable;
  readonly exports: ExportsTable;
  readonly studies: StudiesTable;
  readonly #db: Db;
  readonly #file: string;

  constructor(db: Db, file: string) {
    this.#db = db;
    this.#file = file;
    this.meta = new MetaTable(db);
    this.imports = new ImportsTable(db);
    this.containers = new ContainersTable(db);
    this.images = new ImagesTable(db);
    this.classes = new ClassesTable(db);
    this.labels = new LabelsTable(db);
    this.steps = new StepsTable(db);
    this.splits = new SplitsTable(db);
    this.augmentations = new AugmentationsTable(db);
    this.models = new ModelsTable(db);
    this.runs = new RunsTable(db);
    this.evaluations = new EvaluationsTable(db);
    this.exports = new ExportsTable(db);
    this.studies = new StudiesTable(db);
  }

  /** Runs `work` in one write transaction: all of it is stored, or nothing. May be nested. */
  transaction<T>(work: () => T): T {
    try {
      return this.#db.transaction(work).immediate();
    } catch (error) {
      throw toStoreError(error, this.#file);
    }
  }

  /** Ends the connection; with `backup`, first keeps a copy as `project.db.bak` if anything is new. */
  async close(options: { backup?: boolean } = {}): Promise<void> {
    if (!this.#db.open) return;
    try {
      if (options.backup) await this.#backUp();
    } finally {
      this.#db.close();
    }
  }

  async #backUp(): Promise<void> {
    const backup = `${this.#file}.bak`;
    // Folds the log into the database file, whose time then says when anything was last written.
    this.#db.pragma('wal_checkpoint(TRUNCATE)');
    const [changed, kept] = await Promise.all([modified(this.#file), modified(backup)]);
    if (kept >= changed) return;
    const partial = partialName(backup);
    try {
      await this.#db.backup(partial);
      await rename(partial, backup);
    } finally {
      await rm(partial, { force: true });
    }
  }
}

async function modified(file: string): Promise<number> {
  return stat(file).then(
    (stats) => stats.mtimeMs,
    () => 0,
  );
}

/**
 * Opens (or, with `create`, makes) the database file and brings its schema up to date.
 *
 * @throws AppError PROJECT_TOO_NEW when a newer version of the app wrote it, PROJECT_DAMAGED when it
 *   fails its check (a copy is kept beside it), NOT_A_PROJECT, PERMISSION_DENIED, DISK_FULL.
 */
export function openStore(file: string, options: OpenOptions = {}): Store {
  return new Store(openDatabase(file, options), file);
}
