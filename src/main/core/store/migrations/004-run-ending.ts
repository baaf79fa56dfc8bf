import type { Migration } from './index.ts';

/** How a run ended, where its status does not say it all: JSON as in the contract's runEnding. */
export const runEnding: Migration = {
  version: 4,
  name: 'run ending',
  sql: `
ALTER TABLE runs ADD COLUMN ending TEXT;
`,
};
