import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { recentProject } from '#shared/contract/projects.ts';
import type { RecentProject } from '#shared/contract/index.ts';
import type { Logger } from '../logger.ts';
import { hasCode, writeFileAtomic } from '../util/files.ts';
import { projectPaths } from './paths.ts';

const MAX_RECENT = 20;

const entry = recentProject.omit({ exists: true });
type Entry = z.infer<typeof entry>;

/** The projects that were opened on this machine, newest first, in `recent.json`. */
export class RecentProjects {
  readonly #file: string;
  readonly #log: Logger;

  constructor(options: { dataDir: string; log: Logger }) {
    this.#file = join(options.dataDir, 'recent.json');
    this.#log = options.log;
  }

  list(): RecentProject[] {
    return this.#read().map((item) => ({
      ...item,
      exists: existsSync(projectPaths(item.path).database),
    }));
  }

  /** Puts a project on top, or renews what is known of it. */
  remember(item: Omit<Entry, 'cover'> & { cover?: string[] }): void {
    const items = this.#read();
    const before = items.find((other) => other.path === item.path);
    const others = items.filter((other) => other.path !== item.path);
    const cover = item.cover ?? before?.cover ?? [];
    const all = [{ ...item, cover }, ...others].sort((a, b) => b.openedAt - a.openedAt);
    this.#write(all.slice(0, MAX_RECENT));
  }

  forget(path: string): void {
    this.#write(this.#read().filter((item) => item.path !== path));
  }

  /** A list of conveniences: when it cannot be read or written, nothing else stops. */
  #read(): Entry[] {
    try {
      return z.array(entry).parse(JSON.parse(readFileSync(this.#file, 'utf8')));
    } catch (error) {
      if (!hasCode(error, 'ENOENT'))
        this.#log.warn({ err: error }, 'recent projects cannot be read');
      return [];
    }
  }

  #write(items: Entry[]): void {
    try {
      mkdirSync(dirname(this.#file), { recursive: true });
      writeFileAtomic(this.#file, JSON.stringify(items));
    } catch (error) {
      this.#log.warn({ err: error }, 'recent projects cannot be written');
    }
  }
}
