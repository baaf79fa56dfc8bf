/** What a checkpoint answered on a split: the report, and each image's probabilities. */
import type { Checkpoint, EvaluationReport, Split } from '#shared/contract/index.ts';
import { float32FromBlob, int32FromBlob, toBlob, uint32FromBlob } from './blobs.ts';
import type { Db } from './database.ts';
import { runNumber } from './runs.ts';

/** The stored part of a report; what depends on the labels of today is added when it is read. */
export type StoredReport = Omit<EvaluationReport, 'staleLabels'>;

export interface StoredEvaluation {
  report: StoredReport;
  /** Of the checkpoint file's bytes: another checkpoint is another evaluation. */
  checkpointSha256: string;
  images: Uint32Array;
  /** Class index of each image, into the run's classes. */
  truth: Int32Array;
  /** Row-major images × classes. */
  probabilities: Float32Array;
}

interface EvaluationKey {
  run: string;
  split: Split;
  checkpoint: Checkpoint;
}

interface EvaluationRow {
  checkpoint_sha256: string;
  report: string;
  images: Buffer;
  truth: Buffer;
  probabilities: Buffer;
}

export class EvaluationsTable {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** Replaces the earlier evaluation of the same run, split and checkpoint. */
  save(evaluation: StoredEvaluation): void {
    const { report } = evaluation;
    this.#db
      .prepare(
        `INSERT INTO evaluations (run, split, checkpoint, checkpoint_sha256, at, report, images,
           truth, probabilities) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (run, split, checkpoint) DO UPDATE SET
           checkpoint_sha256 = excluded.checkpoint_sha256, at = excluded.at,
           report = excluded.report, images = excluded.images, truth = excluded.truth,
           probabilities = excluded.probabilities`,
      )
      .run(
        runNumber(report.run),
        report.split,
        report.checkpoint,
        evaluation.checkpointSha256,
        report.at,
        JSON.stringify(report),
        toBlob(evaluation.images),
        toBlob(evaluation.truth),
        toBlob(evaluation.probabilities),
      );
  }

  find({ run, split, checkpoint }: EvaluationKey): StoredEvaluation | null {
    const row = this.#db
      .prepare<[number, string, string], EvaluationRow>(
        `SELECT checkpoint_sha256, report, images, truth, probabilities FROM evaluations
         WHERE run = ? AND split = ? AND checkpoint = ?`,
      )
      .get(runNumber(run), split, checkpoint);
    if (!row) return null;
    return {
      checkpointSha256: row.checkpoint_sha256,
      report: JSON.parse(row.report) as StoredReport,
      images: uint32FromBlob(row.images),
      truth: int32FromBlob(row.truth),
      probabilities: float32FromBlob(row.probabilities),
    };
  }
}
