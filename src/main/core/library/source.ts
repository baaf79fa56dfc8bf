/** What the user names as a source of images, and what is found there. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { AppError } from '#shared/errors.ts';
import { toFileError } from '../util/files.ts';
import { findIdxPairs, type IdxPair } from './idx-source.ts';
import type { Uploads } from './uploads.ts';
import { walk, type WalkedFile, type WalkProblem } from './walk.ts';

export type Source =
  | { kind: 'folder'; path: string; name: string }
  | { kind: 'file'; path: string; name: string }
  | { kind: 'idx'; path: string; name: string; pairs: IdxPair[] };

const UPLOAD = 'upload:';

/** The upload session that a source names, or null. */
export function uploadSession(source: string): string | null {
  return source.startsWith(UPLOAD) ? source.slice(UPLOAD.length) : null;
}

/** @throws AppError NOT_FOUND, PERMISSION_DENIED, INVALID_INPUT, SOURCE_UNREADABLE */
export async function openSource(given: string, uploads: Uploads): Promise<Source> {
  const session = uploadSession(given);
  const path = session === null ? given : await unwrap(uploads.directory(session));
  if (!isAbsolute(path)) {
    throw new AppError('INVALID_INPUT', `${given} is not an absolute path.`, { subject: given });
  }
  const name = session === null ? path : 'Dropped files';
  try {
    const stats = await stat(path);
    const pairs = await findIdxPairs(path);
    if (pairs.length > 0) return { kind: 'idx', path, name, pairs };
    if (stats.isDirectory()) return { kind: 'folder', path: await realpath(path), name };
    if (stats.isFile()) return { kind: 'file', path, name };
  } catch (error) {
    throw toFileError(error, path);
  }
  throw new AppError('SOURCE_UNREADABLE', `${given} is neither a file nor a folder.`, {
    subject: given,
  });
}

/** One dropped folder arrives as a folder in the session: then that one is meant. */
async function unwrap(session: string): Promise<string> {
  const entries = await readdir(session, { withFileTypes: true });
  const only = entries[0];
  return entries.length === 1 && only?.isDirectory() ? join(session, only.name) : session;
}

/** The files of a folder or of a single file, in import order. */
export async function listFiles(
  source: Source,
  onProblem: (problem: WalkProblem) => void,
  options: { signal?: AbortSignal; onFound?: (count: number) => void } = {},
): Promise<WalkedFile[]> {
  if (source.kind === 'file') {
    const { size } = await stat(source.path);
    return [{ path: source.path, name: basename(source.path), bytes: size }];
  }
  const files: WalkedFile[] = [];
  for await (const file of walk(source.path, onProblem, options.signal)) {
    files.push(file);
    if (files.length % 500 === 0) options.onFound?.(files.length);
  }
  return files;
}
