import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../logger.ts';
import type { Project } from '../projects/project.ts';
import { hasCode } from '../util/files.ts';

/**
 * After an import whose process was killed: closes its report and removes what it had copied but not
 * yet entered.
 */
export async function tidyAfterCrash(project: Project, log: Logger): Promise<void> {
  const { store } = project;
  const running = store.imports.running();
  // This process has only just opened the project, so an import under its own number is an old one.
  const dead = running.filter(({ pid }) => pid === process.pid || !isAlive(pid));
  if (dead.length === 0) return;
  store.transaction(() => {
    for (const { id } of dead) store.imports.markFailed(id);
  });
  // Another process that is importing right now owns files that look like leftovers.
  if (dead.length === running.length) await removeStrayFiles(project, log);
}

/** Removes files in images/ that no row speaks of. */
export async function removeStrayFiles(project: Project, log: Logger): Promise<number> {
  const { store, paths } = project;
  let removed = 0;
  const known = store.images.storedFiles();
  for (const folder of await list(paths.images)) {
    for (const file of await list(join(paths.images, folder))) {
      if (known.has(`${folder}/${file}`)) continue;
      await rm(join(paths.images, folder, file), { force: true });
      removed++;
    }
  }
  if (removed > 0) log.info({ removed }, 'removed leftovers of an import that was killed');
  return removed;
}

async function list(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, under another user.
    return hasCode(error, 'EPERM');
  }
}
