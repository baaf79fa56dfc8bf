/** The file system as a host without native dialogs shows it. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, extname, join, resolve, sep } from 'node:path';
import type { DirectoryListing } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { toFileError } from '../util/files.ts';
import { byName } from './walk.ts';

const MAX_ENTRIES = 2000;

type Entry = DirectoryListing['entries'][number];

/** @throws AppError NOT_FOUND, PERMISSION_DENIED */
export async function browse(
  request: { path?: string | undefined; show: 'folders' | 'all' },
  projectsDir: string,
): Promise<DirectoryListing> {
  const path = resolve(request.path ?? homedir());
  let names: string[];
  try {
    names = await readdir(path);
  } catch (error) {
    throw toFileError(error, path);
  }
  const visible = names.filter((name) => !name.startsWith('.')).sort(byName);
  const shown = visible.slice(0, MAX_ENTRIES);
  const entries = await Promise.all(shown.map((name) => entryOf(join(path, name))));
  const kinds = { folder: 0, project: 0, file: 1 };
  const parent = dirname(path);
  return {
    path,
    parent: parent === path ? null : parent,
    entries: entries
      .filter((entry) => entry !== null)
      .filter((entry) => request.show === 'all' || entry.kind !== 'file')
      .sort((a, b) => kinds[a.kind] - kinds[b.kind] || byName(a.name, b.name)),
    places: await places(projectsDir),
    truncated: visible.length > shown.length,
  };
}

/** @throws AppError INVALID_INPUT, ALREADY_EXISTS, NOT_FOUND, PERMISSION_DENIED, DISK_FULL */
export async function createFolder(parent: string, name: string): Promise<{ path: string }> {
  const trimmed = name.trim();
  if (trimmed === '' || trimmed === '.' || trimmed === '..' || /[/\\\0]/.test(trimmed)) {
    throw new AppError('INVALID_INPUT', `“${name}” cannot be the name of a folder.`, {
      subject: name,
    });
  }
  const path = join(resolve(parent), trimmed);
  try {
    await mkdir(path);
  } catch (error) {
    throw toFileError(error, path);
  }
  return { path };
}

/** Null for what cannot be looked at: a broken link, a socket. */
async function entryOf(path: string): Promise<Entry | null> {
  try {
    const stats = await stat(path);
    const name = basename(path);
    if (stats.isFile()) return { name, path, kind: 'file', bytes: stats.size };
    if (!stats.isDirectory()) return null;
    const project = extname(name) === '.fovea' && existsSync(join(path, 'project.db'));
    return { name, path, kind: project ? 'project' : 'folder', bytes: null };
  } catch {
    return null;
  }
}

async function places(projectsDir: string): Promise<DirectoryListing['places']> {
  const found = [
    { name: 'Home', path: homedir() },
    { name: 'Projects', path: projectsDir },
    { name: 'Pictures', path: join(homedir(), 'Pictures') },
    { name: 'Downloads', path: join(homedir(), 'Downloads') },
    ...(await disks()),
  ];
  return found.filter(({ path }) => existsSync(path));
}

async function disks(): Promise<DirectoryListing['places']> {
  if (process.platform === 'win32') {
    return Array.from({ length: 26 }, (_, i) => `${String.fromCharCode(65 + i)}:${sep}`).map(
      (path) => ({ name: path, path }),
    );
  }
  const user = basename(homedir());
  const roots =
    process.platform === 'darwin' ? ['/Volumes'] : [`/media/${user}`, `/run/media/${user}`, '/mnt'];
  const found: DirectoryListing['places'] = [{ name: 'Computer', path: '/' }];
  for (const root of roots) {
    const names = await readdir(root).catch(() => []);
    found.push(...names.sort(byName).map((name) => ({ name, path: join(root, name) })));
  }
  return found;
}
