import type { Migration } from './index.ts';

/** Training runs with what they learned from, evaluations and exports. */
export const runs: Migration = {
  version: 2,
  name: 'runs',
  sql: `
-- A run's public id is 'r' || number; numbers are never used twice. options, spec, classes
-- ([{id,name}] in the order of the model's outputs), versions, error and
-- warnings are JSON.
-- label_revision: the newest images.label_revision at the start; labels with a later one are newer.
CREATE TABLE runs (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  notes TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL CHECK (status IN ('preparing', 'running', 'stopping', 'done', 'stopped',
    'cancelled', 'interrupted', 'failed')),
  created_at INTEGER NOT NULL,
  finished_at INTEGER,
  options TEXT NOT NULL,
  spec TEXT NOT NULL,
  classes TEXT NOT NULL,
  parameters INTEGER NOT NULL,
  engine TEXT,
  versions TEXT NOT NULL,
  train_images INTEGER NOT NULL,
  validation_images INTEGER NOT NULL,
  label_revision INTEGER NOT NULL,
  seconds REAL NOT NULL DEFAULT 0,
  error TEXT,
  warnings TEXT NOT NULL,
  job TEXT,
  owner_pid INTEGER NOT NULL,
  owner_mark TEXT
);

-- The images of a run in the order it saw them before shuffling: uint32 image ids and int32 class
-- indices (into runs.classes), little-endian, of equal length.
CREATE TABLE run_data (
  run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
  part TEXT NOT NULL CHECK (part IN ('train', 'validation')),
  images BLOB NOT NULL,
  classes BLOB NOT NULL,
  PRIMARY KEY (run, part)
) WITHOUT ROWID;

CREATE TABLE epochs (
  run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
  epoch INTEGER NOT NULL,
  loss REAL NOT NULL,
  accuracy REAL NOT NULL,
  val_loss REAL,
  val_accuracy REAL,
  learning_rate REAL NOT NULL,
  images_per_second REAL NOT NULL,
  seconds REAL NOT NULL,
  best INTEGER NOT NULL,
  PRIMARY KEY (run, epoch)
) WITHOUT ROWID;

-- images, truth: as in run_data; probabilities: float32, row-major images × classes.
CREATE TABLE evaluations (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
  split TEXT NOT NULL CHECK (split IN ('train', 'validation', 'test')),
  checkpoint TEXT NOT NULL CHECK (checkpoint IN ('best', 'last')),
  checkpoint_sha256 TEXT NOT NULL,
  at INTEGER NOT NULL,
  report TEXT NOT NULL,
  images BLOB NOT NULL,
  truth BLOB NOT NULL,
  probabilities BLOB NOT NULL,
  UNIQUE (run, split, checkpoint)
);

-- files, proof and examples are JSON as in the contract. The files themselves outlive the row.
CREATE TABLE exports (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
  checkpoint TEXT NOT NULL CHECK (checkpoint IN ('best', 'last')),
  format TEXT NOT NULL,
  at INTEGER NOT NULL,
  directory TEXT NOT NULL,
  files TEXT NOT NULL,
  proof TEXT,
  examples TEXT NOT NULL
);
`,
};
