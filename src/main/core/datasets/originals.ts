/** The bytes of an image as it came in. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { AppError } from '#shared/errors.ts';
import type { DecoderPool } from '../library/decode/pool.ts';
import { baseName } from '../library/idx-source.ts';
import { containerPicture } from '../library/thumbnails.ts';
import { storedPath } from '../projects/paths.ts';
import type { Project } from '../projects/project.ts';
import type { StoredImage } from '../store/images.ts';
import { toFileError } from '../util/files.ts';
import { safeName } from './names.ts';

export interface Original {
  bytes: Uint8Array;
  fileName: string;
  format: string;
  /** Of the bytes, in hex. */
  sha256: string;
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * The file to the bit; an image of an IDX file, which has none of its own, as PNG with its pixels.
 * @throws AppError NOT_FOUND, SOURCE_UNREADABLE (changed since the import), PERMISSION_DENIED
 */
export async function originalOf(
  project: Project,
  image: StoredImage,
  decoders: DecoderPool,
  signal: AbortSignal,
): Promise<Original> {
  if (image.path === null) {
    const { bytes } = await containerPicture(project, image, decoders, signal);
    const number = String(image.containerIndex ?? 0).padStart(5, '0');
    const container = project.store.containers.get(image.container!)!;
    const fileName = safeName(`${baseName(container.name)}-${number}.png`);
    return { bytes, fileName, format: 'png', sha256: sha256Of(bytes) };
  }
  const file = storedPath(project.paths, { storage: image.storage, path: image.path });
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file, { signal });
  } catch (error) {
    throw toFileError(error, file);
  }
  const sha256 = sha256Of(bytes);
  if (sha256 !== image.sha256) {
    throw new AppError('SOURCE_UNREADABLE', `${file} was changed since it was imported.`, {
      subject: file,
    });
  }
  const name = basename(image.name);
  const fileName = safeName(extname(name) === '' ? `${name}.${image.format}` : name);
  return { bytes, fileName, format: image.format, sha256 };
}
