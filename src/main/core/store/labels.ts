import type { LabelEntry, LabelState, Split } from '#shared/contract/index.ts';
import type { Db } from './database.ts';

export interface Step {
  id: number;
  description: string;
  author: string;
  at: number;
  source: 'import' | 'person' | 'model' | 'merge';
}

/** The label history, and the steps that undo and redo walk along. */
export class LabelsTable {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** Grows each time any image's label changes (also by undo and redo). */
  revision(): number {
    return this.#db
      .prepare('SELECT coalesce(max(label_revision), 0) FROM images')
      .pluck()
      .get() as number;
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

  state(): LabelState {
    throw new Error('being written');
  }

  /** Newest first. */
  history(_image: number): LabelEntry[] {
    throw new Error('being written');
  }
}

export type { Split };
