/** Small pictures for the grid: kept in the cache for files, made on the fly for IDX images. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '#shared/errors.ts';
import { thumbnailSizes, type ThumbnailSize } from '#shared/media-urls.ts';
import { storedPath, type ProjectPaths } from '../projects/paths.ts';
import type { Project } from '../projects/project.ts';
import type { StoredImage } from '../store/images.ts';
import { hasCode, partialName } from '../util/files.ts';
import type { DecoderPool, ImageSource } from './decode/pool.ts';

/** Longest edge of the thumbnail that is made at import. */
export const IMPORT_THUMBNAIL: ThumbnailSize = 256;

export interface EncodedPicture {
  bytes: Uint8Array;
  type: string;
}

/** A picture that is small already is kept pixel for pixel, once for all sizes. */
function thumbnailPath(
  paths: ProjectPaths,
  image: Pick<StoredImage, 'sha256' | 'width' | 'height'>,
  size: ThumbnailSize,
): string {
  const whole = Math.max(image.width, image.height) <= size;
  return join(
    paths.thumbnails,
    image.sha256.slice(0, 2),
    `${image.sha256}.${whole ? 'whole' : size}`,
  );
}

/** Keeps a thumbnail. Losing one costs a decode later, so errors (a full disk) are not reported. */
export async function keepThumbnail(
  paths: ProjectPaths,
  image: Pick<StoredImage, 'sha256' | 'width' | 'height'>,
  size: ThumbnailSize,
  bytes: Uint8Array,
): Promise<void> {
  const file = thumbnailPath(paths, image, size);
  const partial = partialName(file);
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(partial, bytes);
    await rename(partial, file);
  } catch {
    await rm(partial, { force: true }).catch(() => undefined);
  }
}

/**
 * The thumbnail of an image: longest edge at most `size`, WebP; smaller images pixel for pixel, PNG.
 * @throws AppError SOURCE_UNREADABLE, DECODER_FAILED when there is none and the file does not decode
 */
export async function thumbnailOf(
  project: Project,
  image: StoredImage,
  size: ThumbnailSize,
  decoders: DecoderPool,
  signal?: AbortSignal,
): Promise<EncodedPicture> {
  if (image.path === null) return containerPicture(project, image, decoders, signal);
  const { paths } = project;
  const kept = await readKept(thumbnailPath(paths, image, size));
  if (kept) return { bytes: kept, type: typeOf(kept) };
  // From a larger thumbnail where there is one: far less to decode than a photo.
  const larger = thumbnailSizes
    .filter((other) => other > size)
    .map((other) => thumbnailPath(paths, image, other))
    .find((file) => existsSync(file));
  const source = larger ?? storedPath(paths, { storage: image.storage, path: image.path });
  const { thumbnail } = await decoders.inspect(source, { edge: size, signal });
  await keepThumbnail(paths, image, size, thumbnail!);
  return { bytes: thumbnail!, type: typeOf(thumbnail!) };
}

async function readKept(file: string): Promise<Uint8Array | null> {
  try {
    const bytes = await readFile(file);
    return bytes.length > 0 ? bytes : null;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/** An image of a container, as PNG. */
export async function containerPicture(
  project: Project,
  image: Pick<StoredImage, 'container' | 'containerIndex'>,
  decoders: DecoderPool,
  signal?: AbortSignal,
): Promise<EncodedPicture> {
  const container = image.container === null ? null : project.store.containers.get(image.container);
  if (!container) throw new AppError('NOT_FOUND', 'The pixels of this image are not known.');
  const data = await project.containers.read(container, image.containerIndex ?? 0);
  const { height, width, channels } = container;
  const bytes = await decoders.encode({ data, height, width, channels }, { signal });
  return { bytes, type: 'image/png' };
}

/** What decoders read an image from: its file, or a picture of its place in a container. */
export async function imageSource(
  project: Project,
  image: StoredImage,
  decoders: DecoderPool,
  signal?: AbortSignal,
): Promise<ImageSource> {
  const { path, storage } = image;
  if (path !== null) return storedPath(project.paths, { storage, path });
  return (await containerPicture(project, image, decoders, signal)).bytes;
}

/** Up to four thumbnails, of different classes where there are, as data URLs. */
export async function coverOf(project: Project, decoders: DecoderPool): Promise<string[]> {
  const images = project.store.images.cover(4);
  const pictures = await Promise.all(
    images.map((image) => thumbnailOf(project, image, 128, decoders).catch(() => null)),
  );
  return pictures
    .filter((picture) => picture !== null)
    .map(({ bytes, type }) => `data:${type};base64,${Buffer.from(bytes).toString('base64')}`);
}

function typeOf(bytes: Uint8Array): string {
  return bytes[0] === 0x89 ? 'image/png' : 'image/webp';
}
