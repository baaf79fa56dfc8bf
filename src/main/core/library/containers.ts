import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '#shared/errors.ts';
import { storedPath, type ProjectPaths } from '../projects/paths.ts';
import type { Container } from '../store/containers.ts';
import { hasCode, partialName, toFileError } from '../util/files.ts';
import { readIdxImages } from './idx.ts';

/**
 * Pixels of images inside IDX files. A container is unpacked once into the cache, where any image of
 * it is one read away.
 */
export class ContainerReader {
  readonly #paths: ProjectPaths;
  readonly #open = new Map<number, Promise<FileHandle>>();

  constructor(paths: ProjectPaths) {
    this.#paths = paths;
  }

  /**
   * `count` images from `index` on: count × height × width × channels, uint8.
   * @throws AppError NOT_FOUND (a referenced container that is gone), SOURCE_UNREADABLE
   */
  async read(container: Container, index: number, count = 1): Promise<Uint8Array> {
    const size = container.height * container.width * container.channels;
    const pixels = Buffer.alloc(size * count);
    const handle = await this.#handle(container);
    const { bytesRead } = await handle.read(pixels, 0, pixels.length, index * size);
    if (bytesRead !== pixels.length) {
      throw new AppError('SOURCE_UNREADABLE', `${container.name} has no image ${index}.`);
    }
    return pixels;
  }

  async close(): Promise<void> {
    const handles = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(handles.map((handle) => handle.then((file) => file.close()).catch(ignore)));
  }

  #handle(container: Container): Promise<FileHandle> {
    let handle = this.#open.get(container.id);
    if (!handle) {
      handle = this.#unpacked(container);
      this.#open.set(container.id, handle);
      // What fails now may work later: the disk may be plugged in again.
      handle.catch(() => this.#open.delete(container.id));
    }
    return handle;
  }

  async #unpacked(container: Container): Promise<FileHandle> {
    const file = join(this.#paths.containers, `${container.sha256}.bin`);
    const { count, height, width, channels } = container;
    const bytes = count * height * width * channels;
    try {
      // A cut-off file cannot stem from here, but the disk is not ours alone.
      if ((await stat(file)).size === bytes) return await open(file);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw toFileError(error, file);
    }
    const source = storedPath(this.#paths, container);
    const images = await readIdxImages(source);
    if (images.data.length !== bytes) {
      throw new AppError(
        'SOURCE_UNREADABLE',
        `${container.name} is not the file that was imported.`,
        {
          subject: source,
          hint: 'Import it again.',
        },
      );
    }
    const partial = partialName(file);
    try {
      await mkdir(dirname(file), { recursive: true });
      const writer = await open(partial, 'wx');
      await writer.writeFile(images.data).finally(() => writer.close());
      await rename(partial, file);
      return await open(file);
    } catch (error) {
      await rm(partial, { force: true });
      throw toFileError(error, file);
    }
  }
}

function ignore(): void {
  // A handle that never opened needs no closing.
}
