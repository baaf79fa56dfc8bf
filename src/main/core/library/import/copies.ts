import { constants, existsSync, rmSync } from 'node:fs';
import { copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '#shared/errors.ts';
import type { Project } from '../../projects/project.ts';
import { partialName, toFileError } from '../../util/files.ts';

/**
 * Files copied into the project ahead of their rows. What has no row in the end is removed, unless
 * another process entered it meanwhile.
 */
export class Copies {
  readonly #project: Project;
  /** Made by this import, not yet entered; relative to images/. */
  readonly #pending = new Set<string>();

  constructor(project: Project) {
    this.#project = project;
  }

  /**
   * Copies `source` to `relative`, whole or not at all; the same content is not copied twice.
   * @throws AppError DISK_FULL, PERMISSION_DENIED, SOURCE_UNREADABLE when the source changed meanwhile
   */
  async add(source: string, relative: string, bytes: number): Promise<void> {
    const target = join(this.#project.paths.images, relative);
    if (existsSync(target)) return;
    const partial = partialName(target);
    try {
      await mkdir(dirname(target), { recursive: true });
      // A copy-on-write clone where the file system can.
      await copyFile(source, partial, constants.COPYFILE_FICLONE);
      if ((await stat(partial)).size !== bytes) {
        throw new AppError('SOURCE_UNREADABLE', 'changed while it was being imported');
      }
      await rename(partial, target);
      this.#pending.add(relative);
    } catch (error) {
      await rm(partial, { force: true });
      throw toFileError(error, target);
    }
  }

  entered(relative: string): void {
    this.#pending.delete(relative);
  }

  /** Whether a file is still there: another import may have removed its own copy of the same content. */
  has(relative: string): boolean {
    return existsSync(join(this.#project.paths.images, relative));
  }

  /** Removes what was copied and never entered. */
  removeStray(): void {
    const { store, paths } = this.#project;
    // Under the write lock nobody enters one of these files while it is looked up and removed.
    store.transaction(() => {
      const known = this.#pending.size > 0 ? store.images.storedFiles() : new Set();
      for (const relative of this.#pending) {
        if (!known.has(relative)) rmSync(join(paths.images, relative), { force: true });
      }
    });
    this.#pending.clear();
  }
}
