import { existsSync } from 'node:fs';
import type { ImportOptions, SkippedFile, Split } from '#shared/contract/index.ts';
import { AppError, isCancellation } from '#shared/errors.ts';
import { contentPath, storedPath } from '../../projects/paths.ts';
import type { Project } from '../../projects/project.ts';
import type { StoredImage } from '../../store/images.ts';
import { mapOrdered } from '../../util/ordered.ts';
import { decodeReason, type DecoderPool } from '../decode/pool.ts';
import { maybeImage, placeOf } from '../folder-source.ts';
import { IMPORT_THUMBNAIL, keepThumbnail } from '../thumbnails.ts';
import type { WalkedFile } from '../walk.ts';
import type { Copies } from './copies.ts';
import type { Candidate, ImageEntry } from './entry.ts';

/** Rows of a transaction; fewer when decoding is slow, so that a kill loses little. */
const BATCH_ROWS = 250;
const BATCH_MS = 2000;

const EXTENSIONS: Record<string, string> = { jpeg: 'jpg', tiff: 'tif' };

export interface FolderImport {
  project: Project;
  decoders: DecoderPool;
  options: ImportOptions;
  files: readonly WalkedFile[];
  entry: ImageEntry;
  copies: Copies;
  signal: AbortSignal;
  skip: (skipped: SkippedFile) => void;
  onProgress: (done: number) => void;
  /** Rows were committed. */
  onBatch: () => void;
}

/** A candidate, or null for a file that was skipped. */
type Prepared = Candidate | null;

/** Imports files in their order. On cancellation, and on errors, what is prepared so far is kept. */
export async function importFiles(job: FolderImport): Promise<void> {
  const { copies, signal, options } = job;
  let batch: Candidate[] = [];
  let flushedAt = performance.now();
  const flush = (): void => {
    enterBatch(job, batch);
    batch = [];
    flushedAt = performance.now();
  };
  let done = 0;
  let accepted = 0;
  try {
    for await (const prepared of mapOrdered(job.files, job.decoders.size * 2, (file) =>
      prepare(job, file),
    )) {
      job.onProgress(++done);
      if (prepared) {
        batch.push(prepared);
        accepted++;
      }
      if (batch.length >= BATCH_ROWS || performance.now() - flushedAt > BATCH_MS) flush();
      if (accepted === options.limit) break;
      signal.throwIfAborted();
    }
  } finally {
    try {
      flush();
    } finally {
      copies.removeStray();
    }
  }
}

function enterBatch(
  { project, entry, copies, onBatch, skip }: FolderImport,
  batch: Candidate[],
): void {
  if (batch.length === 0) return;
  // Under the write lock no other import removes a file between the look and the row.
  project.store.transaction(() => {
    const present = batch.filter(({ image }) => {
      if (image.storage === 'reference' || image.path === null || copies.has(image.path))
        return true;
      skip({
        file: image.name,
        reason: 'was removed while it was being imported; import it again',
      });
      return false;
    });
    entry.enter(present);
  });
  for (const { image } of batch) if (image.path !== null) copies.entered(image.path);
  onBatch();
}

async function prepare(job: FolderImport, file: WalkedFile): Promise<Prepared> {
  try {
    return await prepareImage(job, file);
  } catch (error) {
    if (isCancellation(error) || job.signal.aborted) throw error;
    if (
      error instanceof AppError &&
      (error.code === 'SOURCE_UNREADABLE' || error.code === 'DECODER_FAILED')
    ) {
      job.skip({ file: file.name, reason: decodeReason(error) });
      return null;
    }
    throw error;
  }
}

async function prepareImage(job: FolderImport, file: WalkedFile): Promise<Prepared> {
  const { project, decoders, options, signal } = job;
  signal.throwIfAborted();
  const place = placeOf(file.name);
  const className = options.labels === 'source' ? place.className : null;
  const split: Split | null = options.split ?? place.split;
  if (file.bytes === 0) {
    job.skip({ file: file.name, reason: 'is empty (0 bytes)' });
    return null;
  }
  if (!(await maybeImage(file.path, file.name))) {
    job.skip({ file: file.name, reason: 'is not an image' });
    return null;
  }
  const identity = await decoders.identify(file.path, { signal });
  const existing = project.store.images.bySha(identity.sha256);
  if (existing && isThere(project, existing)) {
    // Known: nothing to decode or copy; its label and split may still be news.
    return { image: { ...existing, name: file.name }, className, split, relocated: false };
  }
  const { info, thumbnail } = await decoders.inspect(file.path, { edge: IMPORT_THUMBNAIL, signal });
  await keepThumbnail(project.paths, { ...identity, ...info }, IMPORT_THUMBNAIL, thumbnail!);
  const extension = EXTENSIONS[info.format] ?? info.format;
  const path = options.mode === 'copy' ? contentPath(identity.sha256, extension) : file.path;
  if (options.mode === 'copy') await job.copies.add(file.path, path, identity.bytes);
  return {
    className,
    split,
    relocated: existing !== null,
    image: {
      ...identity,
      ...info,
      name: file.name,
      storage: options.mode,
      path,
      container: null,
      containerIndex: null,
    },
  };
}

/** Whether the bytes of a known image are still where they were. */
function isThere(project: Project, image: StoredImage): boolean {
  if (image.path === null) return true;
  return existsSync(storedPath(project.paths, { storage: image.storage, path: image.path }));
}
