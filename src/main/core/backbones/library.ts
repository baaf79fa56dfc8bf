/** The pretrained networks of this computer: those that come with the app, and those that were added. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '#shared/errors.ts';
import type { Backbones } from '../engine/backbones/backbones.ts';
import type { Engine } from '../engine/protocol.ts';
import {
  checkChanges,
  NetworkSettings,
  type ChosenSettings,
  type SettingChanges,
} from './settings.ts';
import { slug } from '../util/slug.ts';
import { fileSha256, partialName, toFileError, writeFileAtomic } from '../util/files.ts';
import { descriptionFile, readBackbone, type Description, type KnownBackbone } from './files.ts';

export interface LibraryOptions {
  resourcesDir: string;
  dataDir: string;
  engine: Pick<Engine, 'describeBackbone'>;
}

/** Larger than any network that can be trained here. */
const MOST_BYTES = 2 * 1024 ** 3;

export interface LibraryEntry extends KnownBackbone {
  /** It came with the app. */
  boxed: boolean;
  /** What the user knows better than the file. */
  chosen: ChosenSettings;
}

export class BackboneLibrary implements Backbones {
  readonly #boxed: string;
  readonly #own: string;
  readonly #engine: LibraryOptions['engine'];
  readonly #settings: NetworkSettings;
  /** By file; forgotten when it changes. */
  readonly #read = new Map<string, { stamp: string; known: KnownBackbone | null }>();

  constructor({ resourcesDir, dataDir, engine }: LibraryOptions) {
    this.#boxed = join(resourcesDir, 'backbones');
    this.#own = join(dataDir, 'backbones');
    this.#settings = new NetworkSettings(join(this.#own, 'settings.json'));
    this.#engine = engine;
  }

  /** Those of the app first, then by name. */
  list(): LibraryEntry[] {
    const chosen = this.#settings.all();
    const entry = (known: KnownBackbone, boxed: boolean): LibraryEntry => ({
      ...known,
      boxed,
      chosen: chosen[known.sha256] ?? {},
    });
    const boxed = this.#within(this.#boxed).map((known) => entry(known, true));
    const own = this.#within(this.#own).map((known) => entry(known, false));
    return [...boxed, ...own.sort((one, other) => one.name.localeCompare(other.name))];
  }

  get(sha256: string) {
    return this.find(sha256)?.graph;
  }

  /** By its whole SHA-256. */
  find(sha256: string): LibraryEntry | undefined {
    return this.list().find((each) => each.sha256 === sha256);
  }

  /**
   * By what commands call it, or its SHA-256.
   * @throws AppError NOT_FOUND
   */
  require(id: string): LibraryEntry {
    const all = this.list();
    const found = all.find((each) => each.id === id || each.sha256 === id);
    if (found) return found;
    throw new AppError('NOT_FOUND', `There is no pretrained network '${id}'.`, {
      subject: id,
      hint: `Choose one of: ${all.map((each) => each.id).join(', ')}. Or add a file.`,
    });
  }

  /**
   * Copies a file into the user's library, once it was read without complaint in a process of its own;
   * weights in files beside it come into the copy.
   * A file that is there already is answered as it is.
   * @throws AppError NOT_FOUND, SOURCE_UNREADABLE, MODEL_INVALID, DISK_FULL, CANCELLED
   */
  async add(
    source: string,
    { name, signal }: { name?: string | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<LibraryEntry> {
    const partial = partialName(join(this.#own, 'new.onnx'));
    try {
      checkFile(source);
      await mkdir(this.#own, { recursive: true });
      const hash = createHash('sha256');
      const input = createReadStream(source, signal ? { signal } : {});
      input.on('data', (chunk) => hash.update(chunk));
      await pipeline(input, createWriteStream(partial));
      const given = hash.digest('hex');
      const same = this.find(given);
      if (same) return same;
      const outline = await this.#engine.describeBackbone({ file: partial, source }, { signal });
      // Another one where its weights were in a file beside it.
      const sha256 = await fileSha256(partial);
      const known = this.find(sha256);
      if (known) return known;
      const called = name?.trim() || basename(source, extname(source));
      const file = join(this.#own, `${sha256}.onnx`);
      const described: Description = {
        format: 1,
        id: this.#freeId(slug(called)),
        name: called,
        sha256,
        bytes: statSync(partial).size,
        origin: null,
        outline,
      };
      await rename(partial, file);
      writeFileAtomic(descriptionFile(file), JSON.stringify(described));
      return this.require(sha256);
    } catch (error) {
      if (signal?.aborted) throw new AppError('CANCELLED', 'Cancelled.');
      throw named(toFileError(error, source), partial, source);
    } finally {
      await rm(partial, { force: true });
    }
  }

  /**
   * Keeps what the user knows better; null takes it back.
   * @throws AppError NOT_FOUND, INVALID_INPUT
   */
  change(id: string, changes: SettingChanges): LibraryEntry {
    const { sha256, graph } = this.require(id);
    checkChanges(graph, changes);
    this.#settings.change(sha256, changes);
    return this.require(sha256);
  }

  /**
   * Projects keep their own copies.
   * @throws AppError NOT_FOUND, INVALID_INPUT for one that came with the app
   */
  async remove(id: string): Promise<void> {
    const { boxed, file, name, sha256 } = this.require(id);
    if (boxed) {
      throw new AppError('INVALID_INPUT', `${name} is part of the app and cannot be removed.`, {
        subject: id,
      });
    }
    await rm(descriptionFile(file), { force: true });
    await rm(file, { force: true });
    this.#read.delete(file);
    this.#settings.forget(sha256);
  }

  #within(folder: string): KnownBackbone[] {
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((name) => name.endsWith('.onnx'))
      .flatMap((name) => this.#known(join(folder, name)) ?? []);
  }

  #known(file: string): KnownBackbone | null {
    const found = statSync(descriptionFile(file), { throwIfNoEntry: false });
    const stamp = `${found?.mtimeMs ?? 0} ${found?.size ?? 0}`;
    const before = this.#read.get(file);
    if (before?.stamp === stamp) return before.known;
    const known = found ? readBackbone(file) : null;
    this.#read.set(file, { stamp, known });
    return known;
  }

  #freeId(wanted: string): string {
    const taken = new Set(this.list().map(({ id }) => id));
    for (let number = 1; ; number++) {
      const id = number === 1 ? wanted : `${wanted}-${number}`;
      if (!taken.has(id)) return id;
    }
  }
}

/** What is wrong with the copy is wrong with what was given. */
function named(error: unknown, copy: string, source: string): unknown {
  if (!(error instanceof AppError) || error.subject !== copy) return error;
  const { code, hint, message } = error;
  return new AppError(
    code,
    message.replaceAll(copy, () => basename(source)),
    {
      subject: source,
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    },
  );
}

function checkFile(source: string): void {
  const found = statSync(source);
  if (!found.isFile()) {
    throw new AppError('SOURCE_UNREADABLE', `${source} is no file.`, {
      subject: source,
      hint: 'Choose an ONNX file.',
    });
  }
  if (found.size > MOST_BYTES) {
    throw new AppError('MODEL_INVALID', `${source} is larger than 2 GB.`, {
      subject: source,
      hint: 'Choose a smaller network.',
    });
  }
}
