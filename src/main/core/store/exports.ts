/** What was exported, where to, and whether it was proved. */
import { exportProof, type ExportProof } from '#shared/contract/exports.ts';
import type { Checkpoint, ExportFormat, ExportRecord } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { Db } from './database.ts';
import { runNumber } from './runs.ts';

interface ExportRow {
  id: number;
  run: string;
  checkpoint: Checkpoint;
  format: ExportFormat;
  at: number;
  directory: string;
  files: string;
  proof: string | null;
  examples: string;
}

const select = `SELECT id, 'r' || run AS run, checkpoint, format, at, directory, files, proof, examples
  FROM exports`;

export class ExportsTable {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** Answers the new record's id. */
  insert(record: Omit<ExportRecord, 'id'>): number {
    const { lastInsertRowid } = this.#db
      .prepare(
        `INSERT INTO exports (run, checkpoint, format, at, directory, files, proof, examples)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        runNumber(record.run),
        record.checkpoint,
        record.format,
        record.at,
        record.directory,
        JSON.stringify(record.files),
        record.proof && JSON.stringify(record.proof),
        JSON.stringify(record.examples),
      );
    return Number(lastInsertRowid);
  }

  /** @throws AppError NOT_FOUND */
  get(id: number): ExportRecord {
    const row = this.#db.prepare<[number], ExportRow>(`${select} WHERE id = ?`).get(id);
    if (row) return toRecord(row);
    throw new AppError('NOT_FOUND', 'This export is not in the project any more.');
  }

  /** Newest first. */
  list(): ExportRecord[] {
    return this.#db.prepare<[], ExportRow>(`${select} ORDER BY id DESC`).all().map(toRecord);
  }
}

function toRecord(row: ExportRow): ExportRecord {
  return {
    ...row,
    files: JSON.parse(row.files) as ExportRecord['files'],
    proof: row.proof === null ? null : readProof(row.proof),
    examples: JSON.parse(row.examples) as ExportRecord['examples'],
  };
}

/** Records from before formats that the app cannot run say nothing of the kind. */
function readProof(text: string): ExportProof {
  return exportProof.parse({ kind: 'answers', ...(JSON.parse(text) as object) });
}
