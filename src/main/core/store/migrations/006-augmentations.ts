import type { Migration } from './index.ts';

/** Augmentations that a project keeps; spec is JSON as in #shared/augmentation.ts. */
export const augmentations: Migration = {
  version: 6,
  name: 'augmentations',
  sql: `
CREATE TABLE augmentations (
  name TEXT PRIMARY KEY,
  spec TEXT NOT NULL,
  changed_at INTEGER NOT NULL
) WITHOUT ROWID;
`,
};
