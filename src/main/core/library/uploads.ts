import { randomUUID } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '#shared/errors.ts';
import type { Logger } from '../logger.ts';
import { partialName, toFileError } from '../util/files.ts';

const DEFAULT_MAX_BYTES = 4 * 1024 ** 3;
const SESSION = /^[0-9a-f-]{36}$/;
/** Sessions left behind by a process that was killed are removed after this long. */
const STALE_MS = 24 * 3600 * 1000;

/** Files that a browser uploads, kept in the data folder until their import ends. */
export class Uploads {
  readonly #root: string;
  readonly #log: Logger;
  readonly #maxBytes: number;
  readonly #sessions = new Set<string>();

  constructor(options: { dataDir: string; log: Logger; maxBytes?: number }) {
    this.#root = join(options.dataDir, 'uploads');
    this.#log = options.log;
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  }

  /** Answers the new session's id. */
  create(): string {
    const session = randomUUID();
    try {
      mkdirSync(join(this.#root, session), { recursive: true });
    } catch (error) {
      throw toFileError(error, this.#root);
    }
    if (this.#sessions.size === 0) void this.#removeStale();
    this.#sessions.add(session);
    return session;
  }

  /**
   * Streams one file into a session.
   * @param relativePath '/'-separated, as the browser gives it for dropped folders
   * @throws AppError NOT_FOUND (unknown session), INVALID_INPUT (path leads outside, too large),
   *   DISK_FULL
   */
  async write(
    session: string,
    relativePath: string,
    body: ReadableStream<Uint8Array>,
  ): Promise<{ bytes: number }> {
    const root = this.directory(session);
    const target = join(root, ...safeSegments(relativePath));
    const partial = join(this.#root, `${session}.${partialName('file')}`);
    let bytes = 0;
    const max = this.#maxBytes;
    try {
      await pipeline(
        Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]),
        async function* limit(chunks: AsyncIterable<Uint8Array>) {
          for await (const chunk of chunks) {
            bytes += chunk.length;
            if (bytes > max) throw tooLarge(relativePath, max);
            yield chunk;
          }
        },
        createWriteStream(partial, { flags: 'wx' }),
      );
      await mkdir(dirname(target), { recursive: true });
      await rename(partial, target);
      return { bytes };
    } catch (error) {
      await rm(partial, { force: true });
      throw toFileError(error, relativePath);
    }
  }

  /** Folder of a session. @throws AppError NOT_FOUND */
  directory(session: string): string {
    const path = join(this.#root, session);
    if (!SESSION.test(session) || !this.#sessions.has(session) || !existsSync(path)) {
      throw new AppError('NOT_FOUND', 'This upload is not known any more.', {
        hint: 'Drop the files again.',
      });
    }
    return path;
  }

  async remove(session: string): Promise<void> {
    if (!this.#sessions.delete(session)) return;
    await rm(join(this.#root, session), { recursive: true, force: true });
  }

  /** Removes all sessions of this process. */
  async close(): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => this.remove(session)));
  }

  async #removeStale(): Promise<void> {
    try {
      for (const name of await readdir(this.#root)) {
        const path = join(this.#root, name);
        if (this.#sessions.has(name)) continue;
        if (Date.now() - (await stat(path)).mtimeMs > STALE_MS) {
          await rm(path, { recursive: true, force: true });
        }
      }
    } catch (error) {
      this.#log.warn({ err: error }, 'old uploads could not be removed');
    }
  }
}

/**
 * The parts of an uploaded file's path, none of which leads anywhere else.
 * @throws AppError INVALID_INPUT
 */
function safeSegments(relativePath: string): string[] {
  const segments = relativePath.split('/').filter((segment) => segment !== '');
  const unsafe = (segment: string): boolean =>
    segment === '.' ||
    segment === '..' ||
    segment.includes('\0') ||
    segment.includes('\\') ||
    segment.includes(sep) ||
    // On Windows 'c:' is a disk and 'a:b' a stream of a.
    (process.platform === 'win32' && segment.includes(':')) ||
    Buffer.byteLength(segment) > 255;
  if (segments.length === 0 || segments.length > 64 || segments.some(unsafe)) {
    throw new AppError('INVALID_INPUT', `“${relativePath}” is not a usable file name.`, {
      subject: relativePath,
    });
  }
  return segments;
}

function tooLarge(file: string, max: number): AppError {
  return new AppError(
    'INVALID_INPUT',
    `${file} is larger than the ${Math.round(max / 1024 ** 2).toLocaleString('en')} MB that can be uploaded.`,
    { subject: file, hint: 'Import it from a folder on this computer instead.' },
  );
}
