import type { Migration } from './index.ts';

/** Share of an epoch's training time in which the device waited for images. */
export const dataWait: Migration = {
  version: 5,
  name: 'data wait',
  sql: 'ALTER TABLE epochs ADD COLUMN data_wait REAL;',
};
