import type { Migration } from './index.ts';

/** Images, classes and the label history. */
export const library: Migration = {
  version: 1,
  name: 'library',
  sql: `
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

-- One run of the importer; 'report' is JSON { conflicts, skipped }.
CREATE TABLE imports (
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  seconds REAL NOT NULL DEFAULT 0,
  state TEXT NOT NULL CHECK (state IN ('running', 'done', 'cancelled', 'failed')),
  pid INTEGER NOT NULL,
  added INTEGER NOT NULL DEFAULT 0,
  duplicates INTEGER NOT NULL DEFAULT 0,
  report TEXT NOT NULL DEFAULT '{"conflicts":[],"skipped":[]}'
);

-- Files that hold many images (IDX). 'path' is relative to images/ for copies, absolute otherwise.
CREATE TABLE containers (
  id INTEGER PRIMARY KEY,
  sha256 TEXT NOT NULL UNIQUE,
  storage TEXT NOT NULL CHECK (storage IN ('copy', 'reference')),
  path TEXT NOT NULL,
  name TEXT NOT NULL,
  height INTEGER NOT NULL,
  width INTEGER NOT NULL,
  channels INTEGER NOT NULL,
  count INTEGER NOT NULL
);

-- Classes are never deleted for good: the history names them.
CREATE TABLE classes (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  color TEXT NOT NULL,
  key TEXT,
  position INTEGER NOT NULL,
  deleted_at INTEGER
);
CREATE UNIQUE INDEX classes_name ON classes (name) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX classes_key ON classes (key) WHERE deleted_at IS NULL AND key IS NOT NULL;

-- id is the import order; name_key sorts names as people do ('2' before '10'). class_id is the current label, kept in step with label_entries within
-- the same transaction; label_revision grows each time it changes.
CREATE TABLE images (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sha256 TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  channels INTEGER NOT NULL,
  bit_depth INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  format TEXT NOT NULL,
  storage TEXT NOT NULL CHECK (storage IN ('copy', 'reference')),
  path TEXT,
  container_id INTEGER REFERENCES containers (id),
  container_index INTEGER,
  import_id INTEGER REFERENCES imports (id),
  added_at INTEGER NOT NULL,
  imported_split TEXT CHECK (imported_split IN ('train', 'validation', 'test')),
  split TEXT CHECK (split IN ('train', 'validation', 'test')),
  flag TEXT CHECK (flag IN ('unsure', 'skipped', 'conflict')),
  class_id INTEGER REFERENCES classes (id),
  labeled_at INTEGER,
  label_revision INTEGER NOT NULL DEFAULT 0,
  deleted_at INTEGER,
  CHECK ((path IS NULL) <> (container_id IS NULL))
);
CREATE INDEX images_class ON images (class_id, split) WHERE deleted_at IS NULL;

-- The unit of undo, and who did what when. 'dropped': undone, and no longer to be redone.
CREATE TABLE steps (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  description TEXT NOT NULL,
  author TEXT NOT NULL,
  at INTEGER NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('import', 'person', 'model', 'merge')),
  undoable INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'done' CHECK (state IN ('done', 'undone', 'dropped'))
);
CREATE INDEX steps_chain ON steps (state, id) WHERE undoable = 1;

-- The label history. A conflicting entry lost against an earlier label and was never applied.
CREATE TABLE label_entries (
  id INTEGER PRIMARY KEY,
  step_id INTEGER NOT NULL REFERENCES steps (id),
  image_id INTEGER NOT NULL REFERENCES images (id),
  class_id INTEGER REFERENCES classes (id),
  previous_class_id INTEGER REFERENCES classes (id),
  previous_at INTEGER,
  conflict INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX label_entries_image ON label_entries (image_id, id);
CREATE INDEX label_entries_step ON label_entries (step_id);

-- What a step changed beside labels: an image's flag, an image's or a class's deletion, a class's key.
CREATE TABLE step_changes (
  id INTEGER PRIMARY KEY,
  step_id INTEGER NOT NULL REFERENCES steps (id),
  field TEXT NOT NULL CHECK (field IN ('flag', 'image-deleted', 'class-deleted')),
  subject INTEGER NOT NULL,
  before TEXT,
  after TEXT
);
CREATE INDEX step_changes_step ON step_changes (step_id);
`,
};
