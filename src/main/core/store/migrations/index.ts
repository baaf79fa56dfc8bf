import { library } from './001-library.ts';
import { runs } from './002-runs.ts';
import { models } from './003-models.ts';
import { runEnding } from './004-run-ending.ts';
import { dataWait } from './005-data-wait.ts';
import { augmentations } from './006-augmentations.ts';
import { studies } from './007-studies.ts';
import { unlabeled } from './008-unlabeled.ts';

/** One step of the schema. Never edited once released; later changes come as further steps. */
export interface Migration {
  /** 1, 2, 3 … without gaps; becomes `PRAGMA user_version`. */
  version: number;
  name: string;
  sql: string;
}

export const migrations: readonly Migration[] = [
  library,
  runs,
  models,
  runEnding,
  dataWait,
  augmentations,
  studies,
  unlabeled,
];
