/** Images as the window shows them. */
import { access } from 'node:fs/promises';
import type { ImageDetail, ImageRow } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { storedPath } from '../projects/paths.ts';
import type { Project } from '../projects/project.ts';
import type { StoredImage } from '../store/images.ts';

/** In the order of `ids`; images in the bin are left out. */
export async function imageRows(project: Project, ids: readonly number[]): Promise<ImageRow[]> {
  const rows = project.store.images.rows(ids);
  return Promise.all(rows.map(async (row) => toRow(row, await isAvailable(project, row))));
}

/** @throws AppError NOT_FOUND */
export async function imageDetail(project: Project, id: number): Promise<ImageDetail> {
  const image = requireImage(project, id);
  const location = locationOf(project, image);
  return {
    ...toRow(image, await isAvailable(project, image)),
    sha256: image.sha256,
    bytes: image.bytes,
    format: image.format,
    channels: image.channels,
    bitDepth: image.bitDepth,
    location,
    mode: image.storage,
    addedAt: image.addedAt,
    importedSplit: image.importedSplit,
  };
}

/** Also finds an image in the bin: Undo may bring it back, and its picture is still asked for. */
export function requireImage(project: Project, id: number): StoredImage {
  const image = project.store.images.get(id);
  if (!image) throw new AppError('NOT_FOUND', 'This image is not in the project any more.');
  return image;
}

function toRow(image: StoredImage, available: boolean): ImageRow {
  const { id, name, width, height, classId, split, flag } = image;
  return { id, name, width, height, classId, split, flag, available };
}

function locationOf(project: Project, image: StoredImage): string {
  const { storage, path, container } = image;
  if (path !== null) return storedPath(project.paths, { storage, path });
  const found = container === null ? null : project.store.containers.get(container);
  return found ? `${storedPath(project.paths, found)} [${image.containerIndex}]` : '';
}

/** Copies are the project's own; a referenced file may have moved, or its disk may be unplugged. */
async function isAvailable(project: Project, image: StoredImage): Promise<boolean> {
  if (image.storage === 'copy') return true;
  const container =
    image.path === null && image.container !== null
      ? project.store.containers.get(image.container)
      : null;
  const path = image.path ?? container?.path;
  if (path === undefined) return false;
  return access(path).then(
    () => true,
    () => false,
  );
}
