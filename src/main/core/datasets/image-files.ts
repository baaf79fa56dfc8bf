/** Images as files in folders below the data set's. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UniqueNames } from './names.ts';

export class ImageFiles {
  readonly #root: string;
  readonly #names = new Map<string, UniqueNames>();

  constructor(root: string) {
    this.#root = root;
  }

  /**
   * Writes a file into a folder (below the root, '/'-separated), under this name or one near it.
   * @returns its path below the root
   */
  async write(folder: string, name: string, bytes: Uint8Array): Promise<string> {
    let names = this.#names.get(folder);
    if (!names) {
      names = new UniqueNames();
      this.#names.set(folder, names);
      await mkdir(join(this.#root, folder), { recursive: true });
    }
    const path = folder === '' ? names.take(name) : `${folder}/${names.take(name)}`;
    await writeFile(join(this.#root, path), bytes, { flag: 'wx' });
    return path;
  }
}

/** One folder name for each class. */
export function classFolders(classes: readonly string[], safe: (name: string) => string): string[] {
  const names = new UniqueNames();
  return classes.map((name) => names.take(safe(name)));
}
