import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { settings as settingsSchema } from '#shared/contract/system.ts';
import type { Settings } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { Logger } from './logger.ts';
import { hasCode, writeFileAtomic } from './util/files.ts';

/** What a user can set on this machine: `settings.json` in the data folder. */
export class SettingsStore {
  readonly #file: string;
  readonly #log: Logger;
  #current: Settings;

  constructor(options: { dataDir: string; log: Logger }) {
    this.#file = join(options.dataDir, 'settings.json');
    this.#log = options.log;
    this.#current = this.#read();
  }

  get(): Settings {
    return structuredClone(this.#current);
  }

  /** Changes the given fields, writes the file, answers the whole. */
  update(patch: Partial<Settings>): Settings {
    // Read again: another window or the command line may have changed other fields.
    const next = settingsSchema.safeParse({ ...this.#read(), ...definedOnly(patch) });
    if (!next.success) {
      throw new AppError('INVALID_INPUT', 'These settings are not valid.', { cause: next.error });
    }
    mkdirSync(join(this.#file, '..'), { recursive: true });
    writeFileAtomic(this.#file, `${JSON.stringify(next.data, null, 2)}\n`);
    this.#current = next.data;
    return this.get();
  }

  #read(): Settings {
    let text: string;
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) this.#log.warn({ err: error }, 'settings cannot be read');
      return defaults();
    }
    try {
      // Fields that a newer version added are dropped, those missing get their default.
      return settingsSchema.parse({ ...defaults(), ...(JSON.parse(text) as object) });
    } catch (error) {
      this.#log.warn({ err: error }, 'settings are damaged; defaults are used');
      this.#keepAside();
      return defaults();
    }
  }

  /** A damaged file is kept for whoever wants to mend it, and does not stand in the way. */
  #keepAside(): void {
    try {
      renameSync(this.#file, `${this.#file}.damaged`);
    } catch (error) {
      this.#log.warn({ err: error }, 'damaged settings could not be moved aside');
    }
  }
}

function defaults(): Settings {
  return {
    theme: 'system',
    author: userName(),
    autoAdvance: true,
    thumbnailSize: 128,
    keymap: {},
    imageMemory: null,
  };
}

function userName(): string {
  try {
    return userInfo().username.slice(0, 100);
  } catch {
    // A container may run under a user id that has no name.
    return 'me';
  }
}

function definedOnly(patch: Partial<Settings>): Partial<Settings> {
  return Object.fromEntries(
    // Optional fields arrive as undefined where a client leaves them out.
    (Object.entries(patch) as [string, unknown][]).filter(([, value]) => value !== undefined),
  );
}
