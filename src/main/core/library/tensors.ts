/**
 * Decoded images at a model's input size, in the project's cache: one append-only file of uint8 rows
 * for each size, with an index beside it that holds the SHA-256 of each row's image.
 */
import { mkdir } from 'node:fs/promises';
import { AppError, isCancellation } from '#shared/errors.ts';
import { toModelInput } from '#shared/resize.ts';
import { storedPath, type ProjectPaths } from '../projects/paths.ts';
import type { Container } from '../store/containers.ts';
import type { PixelLocation } from '../store/images.ts';
import type { Store } from '../store/store.ts';
import { toFileError } from '../util/files.ts';
import { mapOrdered } from '../util/ordered.ts';
import type { ContainerReader } from './containers.ts';
import { decodeReason, type DecoderPool, type PixelSize } from './decode/pool.ts';
import { PackFile } from './pack-file.ts';

export interface EnsureTensors {
  height: number;
  width: number;
  /** 1 or 3. */
  channels: number;
  /** Image ids. */
  images: readonly number[];
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Slot of an image that could not be decoded. */
export const NO_SLOT = 0xffffffff;

export interface TensorPack {
  /** uint8 rows of height × width × channels. */
  file: string;
  /** Aligned with `images`: the row of each; NO_SLOT for one that failed. */
  slots: Uint32Array;
  /** With the reason as the end of a sentence that begins with the image's name. */
  failed: { image: number; reason: string }[];
}

export interface TensorPacks {
  /**
   * Decodes what is missing, answers where everything lies.
   * @throws AppError CANCELLED (what was decoded until then is kept), DISK_FULL
   */
  ensure(request: EnsureTensors): Promise<TensorPack>;
}

/** Bytes that are gathered before they are appended. */
const BATCH_BYTES = 4 * 1024 * 1024;

interface Row {
  sha256: string;
  pixels: Uint8Array;
}

export class ProjectTensors implements TensorPacks {
  readonly #paths: ProjectPaths;
  readonly #store: Store;
  readonly #containers: ContainerReader;
  readonly #decoders: DecoderPool;
  readonly #packs = new Map<string, PackFile>();

  constructor(options: {
    paths: ProjectPaths;
    store: Store;
    containers: ContainerReader;
    decoders: DecoderPool;
  }) {
    this.#paths = options.paths;
    this.#store = options.store;
    this.#containers = options.containers;
    this.#decoders = options.decoders;
  }

  async ensure(request: EnsureTensors): Promise<TensorPack> {
    const { images, signal, onProgress } = request;
    const size: PixelSize = {
      height: request.height,
      width: request.width,
      channels: request.channels,
    };
    try {
      await mkdir(this.#paths.tensors, { recursive: true });
    } catch (error) {
      throw toFileError(error, this.#paths.tensors);
    }
    const pack = this.#pack(size);
    pack.refresh();
    const locations = new Map(
      this.#store.images.locations(images).map((found) => [found.id, found]),
    );
    const missing = [...locations.values()].filter(({ sha256 }) => pack.slot(sha256) === undefined);
    const failed: TensorPack['failed'] = [];
    const batch: Row[] = [];
    const flush = (): void => this.#append(pack, batch.splice(0));
    let done = locations.size - missing.length;
    onProgress?.(done, locations.size);
    try {
      for await (const results of this.#decodeAll(missing, size, signal)) {
        for (const { location, pixels, reason } of results) {
          done++;
          if (pixels) batch.push({ sha256: location.sha256, pixels });
          else failed.push({ image: location.id, reason: reason ?? 'cannot be decoded' });
        }
        if (batch.length * pack.rowBytes >= BATCH_BYTES) flush();
        onProgress?.(done, locations.size);
        signal?.throwIfAborted();
      }
    } finally {
      flush();
    }
    for (const image of images) {
      if (!locations.has(image)) failed.push({ image, reason: 'is not in the project any more' });
    }
    const slots = Uint32Array.from(images, (image) => {
      const location = locations.get(image);
      return (location && pack.slot(location.sha256)) ?? NO_SLOT;
    });
    return { file: pack.file, slots, failed };
  }

  #pack(size: PixelSize): PackFile {
    const name = `${size.height}x${size.width}x${size.channels}`;
    let pack = this.#packs.get(name);
    if (!pack) {
      pack = new PackFile(this.#paths.tensors, name, size.height * size.width * size.channels);
      this.#packs.set(name, pack);
    }
    return pack;
  }

  #append(pack: PackFile, rows: Row[]): void {
    if (rows.length === 0) return;
    // The database's write lock is a mutex between processes that a killed holder lets go of.
    this.#store.transaction(() => pack.append(rows));
  }

  /** Rows of containers in runs that lie together, files one by one through the decoders. */
  async *#decodeAll(
    missing: readonly PixelLocation[],
    size: PixelSize,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Decoded[]> {
    for (const run of containerRuns(missing)) yield await this.#decodeRun(run, size);
    const files = missing.filter(({ path }) => path !== null);
    const decode = async (location: PixelLocation): Promise<Decoded[]> => [
      await this.#decodeFile(location, size, signal),
    ];
    yield* mapOrdered(files, this.#decoders.size * 2, decode);
  }

  async #decodeFile(
    location: PixelLocation,
    size: PixelSize,
    signal: AbortSignal | undefined,
  ): Promise<Decoded> {
    const { storage, path } = location;
    try {
      const source = storedPath(this.#paths, { storage, path: path! });
      return { location, pixels: await this.#decoders.pixels(source, size, { signal }) };
    } catch (error) {
      if (!(error instanceof AppError) || isCancellation(error)) throw error;
      return { location, reason: decodeReason(error) };
    }
  }

  async #decodeRun(run: PixelLocation[], size: PixelSize): Promise<Decoded[]> {
    try {
      const container = this.#store.containers.get(run[0]!.container!);
      if (!container) throw new AppError('NOT_FOUND', 'its container is not known any more');
      const first = run[0]!.containerIndex!;
      const data = await this.#containers.read(container, first, run.length);
      return run.map((location, i) => ({ location, pixels: rowOf(container, data, i, size) }));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return run.map((location) => ({ location, reason: `cannot be read: ${error.message}` }));
    }
  }
}

interface Decoded {
  location: PixelLocation;
  pixels?: Uint8Array;
  reason?: string;
}

function rowOf(container: Container, data: Uint8Array, index: number, size: PixelSize): Uint8Array {
  const { height, width, channels } = container;
  const bytes = height * width * channels;
  const picture = {
    data: data.subarray(index * bytes, (index + 1) * bytes),
    height,
    width,
    channels,
  };
  return toModelInput(picture, size);
}

/** Images that follow each other in one container, at most a thousand together. */
function* containerRuns(locations: readonly PixelLocation[]): Generator<PixelLocation[]> {
  const inside = locations
    .filter(({ container }) => container !== null)
    .sort((a, b) => a.container! - b.container! || a.containerIndex! - b.containerIndex!);
  let run: PixelLocation[] = [];
  for (const location of inside) {
    const last = run.at(-1);
    const follows =
      last !== undefined &&
      last.container === location.container &&
      last.containerIndex === location.containerIndex! - 1 &&
      run.length < 1000;
    if (!follows && run.length > 0) {
      yield run;
      run = [];
    }
    run.push(location);
  }
  if (run.length > 0) yield run;
}
