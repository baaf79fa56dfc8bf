import type { Migration } from './index.ts';

/** Studies and their trainings, which are runs that no list of runs shows. */
export const studies: Migration = {
  version: 7,
  name: 'studies',
  sql: `
-- A study's public id is 's' || number; numbers are never used twice. request, spec (the model),
-- classes ({id, name}), warnings and error are JSON as in the contract. owner_*: as in runs.
CREATE TABLE studies (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  request TEXT NOT NULL,
  spec TEXT NOT NULL,
  classes TEXT NOT NULL,
  measured_on TEXT NOT NULL CHECK (measured_on IN ('test', 'validation', 'held-out', 'folds')),
  status TEXT NOT NULL CHECK (status IN ('running', 'done', 'cancelled', 'interrupted', 'failed')),
  created_at INTEGER NOT NULL,
  finished_at INTEGER,
  seconds REAL NOT NULL DEFAULT 0,
  label_revision INTEGER NOT NULL,
  warnings TEXT NOT NULL,
  error TEXT,
  job TEXT,
  owner_pid INTEGER NOT NULL,
  owner_mark TEXT
);

-- 'pool': the images that trainings take from; 'measured': those that curves are measured on. Blobs
-- as in run_data.
CREATE TABLE study_data (
  study INTEGER NOT NULL REFERENCES studies (number) ON DELETE CASCADE,
  part TEXT NOT NULL CHECK (part IN ('pool', 'measured')),
  images BLOB NOT NULL,
  classes BLOB NOT NULL,
  PRIMARY KEY (study, part)
) WITHOUT ROWID;

-- The trainings in their order. result: JSON as in the contract, null until measured. The answers of
-- a fold are kept (blobs as in evaluations), those of a curve are not.
CREATE TABLE study_parts (
  study INTEGER NOT NULL REFERENCES studies (number) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  arm TEXT NOT NULL CHECK (arm IN ('model', 'dense')),
  size INTEGER NOT NULL,
  seed INTEGER NOT NULL,
  fold INTEGER,
  run INTEGER REFERENCES runs (number) ON DELETE SET NULL,
  result TEXT,
  images BLOB,
  truth BLOB,
  probabilities BLOB,
  PRIMARY KEY (study, position)
) WITHOUT ROWID;

ALTER TABLE runs ADD COLUMN study INTEGER REFERENCES studies (number) ON DELETE CASCADE;
`,
};
