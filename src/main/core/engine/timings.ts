/** What this machine's backends were timed at, by model: a JSON file that may be lost at any time. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { writeFileAtomic } from '../util/files.ts';
import { workKey } from './work-key.ts';
import type { BackendId, Work } from './protocol.ts';

const timing = z.object({
  /** Null where it failed. */
  imagesPerSecond: z.number().positive().nullable(),
  /** Why it failed. */
  failure: z.string().nullable(),
  at: z.number(),
});
export type Timing = z.infer<typeof timing>;

const content = z.record(z.string(), timing);

const MAX_ENTRIES = 300;
/** Drivers are updated without a trace that every system shows. */
const MAX_AGE_MS = 60 * 24 * 3600_000;

export class Timings {
  readonly #file: string | undefined;
  /** Of runtime, driver and system: others were timed under other conditions. */
  readonly #mark: string;
  /** Where there is no file, and between reads. */
  #known: Record<string, Timing> = {};

  constructor(file: string | undefined, mark: string) {
    this.#file = file;
    this.#mark = mark;
  }

  get(backend: BackendId, work: Work): Timing | null {
    const found = this.#read()[this.#key(backend, work)];
    return found && Date.now() - found.at < MAX_AGE_MS ? found : null;
  }

  set(backend: BackendId, work: Work, found: Omit<Timing, 'at'>): void {
    const all = { ...this.#read(), [this.#key(backend, work)]: { ...found, at: Date.now() } };
    const newest = Object.entries(all)
      .sort(([, one], [, other]) => other.at - one.at)
      .slice(0, MAX_ENTRIES);
    this.#known = Object.fromEntries(newest);
    if (this.#file === undefined) return;
    mkdirSync(dirname(this.#file), { recursive: true });
    writeFileAtomic(this.#file, JSON.stringify(this.#known));
  }

  #key(backend: BackendId, { spec, classes, batch }: Work): string {
    const text = `${workKey({ spec, batch, backend })} ${classes} ${this.#mark}`;
    return createHash('sha256').update(text).digest('hex').slice(0, 32);
  }

  #read(): Record<string, Timing> {
    if (this.#file === undefined) return this.#known;
    try {
      return content.parse(JSON.parse(readFileSync(this.#file, 'utf8')));
    } catch {
      // Not there yet, or damaged: everything is timed anew.
      return this.#known;
    }
  }
}
