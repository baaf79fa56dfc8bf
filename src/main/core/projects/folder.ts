/** Making and opening the folder of a project. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { AppError } from '#shared/errors.ts';
import { openStore, type Store } from '../store/store.ts';
import { partialName, toFileError } from '../util/files.ts';
import { projectPaths } from './paths.ts';

export const PROJECT_EXTENSION = '.fovea';

/** Backup programs leave folders with this file alone (bford.info/cachedir). */
const CACHE_TAG = 'Signature: 8a477f597d28d172789f06886806bc55\n';

export function newProjectId(): string {
  return randomBytes(12).toString('hex');
}

/**
 * Makes the folder whole under another name, then gives it its own: a project is there or it is not.
 * @throws AppError INVALID_INPUT, ALREADY_EXISTS, PERMISSION_DENIED, DISK_FULL
 */
export async function makeProjectFolder(request: {
  path: string;
  name?: string | undefined;
  version: string;
}): Promise<string> {
  const path = resolve(request.path);
  if (extname(path) !== PROJECT_EXTENSION || basename(path) === PROJECT_EXTENSION) {
    throw new AppError('INVALID_INPUT', `A project folder's name ends in ${PROJECT_EXTENSION}.`, {
      subject: path,
      hint: `For example: pictures${PROJECT_EXTENSION}`,
    });
  }
  if (existsSync(path)) {
    throw new AppError('ALREADY_EXISTS', `${path} exists already.`, {
      subject: path,
      hint: 'Open it, or choose another name.',
    });
  }
  const partial = partialName(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    const paths = projectPaths(partial);
    for (const folder of [paths.images, paths.cache, paths.runs]) {
      await mkdir(folder, { recursive: true });
    }
    await writeFile(join(paths.cache, 'CACHEDIR.TAG'), CACHE_TAG);
    await writeDatabase(
      paths.database,
      request.name?.trim() || basename(path, PROJECT_EXTENSION),
      request.version,
    );
    await rename(partial, path);
    return await realpath(path);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw toFileError(error, path);
  }
}

async function writeDatabase(file: string, name: string, version: string): Promise<void> {
  const store = openStore(file, { create: true });
  try {
    store.transaction(() => {
      store.meta.set('id', newProjectId());
      store.meta.set('name', name);
      store.meta.set('task', 'single');
      store.meta.set('created-at', String(Date.now()));
      store.meta.set('created-by', version);
    });
  } finally {
    await store.close();
  }
}

/**
 * The real path of a project folder; the database inside it may be named instead.
 * @throws AppError NOT_FOUND, NOT_A_PROJECT, PERMISSION_DENIED
 */
export async function findProjectFolder(given: string): Promise<string> {
  let path: string;
  try {
    path = await realpath(resolve(given));
    if ((await stat(path)).isFile() && basename(path) === 'project.db') path = dirname(path);
  } catch (error) {
    const known = toFileError(error, given);
    if (known instanceof AppError && known.code === 'NOT_FOUND') {
      throw new AppError('NOT_FOUND', `There is no project at ${given}.`, {
        subject: given,
        hint: 'It may have been moved, renamed or be on a disk that is not connected.',
      });
    }
    throw known;
  }
  if (!existsSync(projectPaths(path).database)) {
    throw new AppError('NOT_A_PROJECT', `${given} is not a Fovea project: it has no project.db.`, {
      subject: given,
      hint: `Choose a folder whose name ends in ${PROJECT_EXTENSION}.`,
    });
  }
  return path;
}

export function openProjectStore(path: string): Store {
  return openStore(projectPaths(path).database);
}
