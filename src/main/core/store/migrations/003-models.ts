import type { Migration } from './index.ts';

/** Models that a project keeps; a run now says which kind of model it took. */
export const models: Migration = {
  version: 3,
  name: 'models',
  sql: `
-- A model's public id is 'm' || number; numbers are never used twice. spec is JSON, and its name is
-- the model's. origin: name of the preset or model that it was made from; preset: id of the preset at
-- the beginning of that line.
CREATE TABLE models (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  spec TEXT NOT NULL,
  origin TEXT,
  preset TEXT,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
);

UPDATE runs SET options = json_set(json_remove(options, '$.preset'), '$.model',
  json_object('kind', 'preset', 'preset', json_extract(options, '$.preset')))
WHERE json_extract(options, '$.preset') IS NOT NULL;
`,
};
