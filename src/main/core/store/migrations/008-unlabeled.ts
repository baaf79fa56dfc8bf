import type { Migration } from './index.ts';

/** Images without a label that a run learns from (uint32 ids), and how many of them it was sure of. */
export const unlabeled: Migration = {
  version: 8,
  name: 'unlabeled',
  sql: `
CREATE TABLE run_unlabeled (
  run INTEGER PRIMARY KEY REFERENCES runs (number) ON DELETE CASCADE,
  images BLOB NOT NULL
) WITHOUT ROWID;
ALTER TABLE runs ADD COLUMN unlabeled_images INTEGER NOT NULL DEFAULT 0;
ALTER TABLE epochs ADD COLUMN sure REAL;
`,
};
