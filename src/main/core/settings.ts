import type { Settings } from '#shared/contract/index.ts';
import type { Logger } from './logger.ts';

/** What a user can set on this machine: a JSON file in the data folder. */
export class SettingsStore {
  constructor(options: { dataDir: string; log: Logger }) {
    void options;
  }

  get(): Settings {
    throw new Error('being written');
  }

  /** Changes the given fields, writes the file, answers the whole. */
  update(_patch: Partial<Settings>): Settings {
    throw new Error('being written');
  }
}
