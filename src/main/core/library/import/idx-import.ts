import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pipeline } from 'node:stream/promises';
import type { ImportOptions, Split } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { contentPath } from '../../projects/paths.ts';
import type { Project } from '../../projects/project.ts';
import type { Container } from '../../store/containers.ts';
import { readIdxImages, readIdxLabels, type IdxImages } from '../idx.ts';
import { baseName, choosePairs, knownClassNames, nameLabels, type IdxPair } from '../idx-source.ts';
import type { Copies } from './copies.ts';
import type { Candidate, ImageEntry } from './entry.ts';

/** Rows of a transaction. */
const BATCH_ROWS = 1000;

export interface IdxImport {
  project: Project;
  options: ImportOptions;
  pairs: readonly IdxPair[];
  /** The path that the user named; class names are known by it. */
  source: string;
  entry: ImageEntry;
  copies: Copies;
  signal: AbortSignal;
  onProgress: (done: number) => void;
  /** Rows were committed. */
  onBatch: () => void;
}

interface LabelledPair {
  pair: IdxPair;
  labels: Uint8Array | null;
}

/** How many images an import will look at. */
export function idxTotal(pairs: readonly IdxPair[], options: ImportOptions): number {
  const total = choosePairs(pairs, options.split).reduce((sum, pair) => sum + pair.count, 0);
  return Math.min(total, options.limit ?? Infinity);
}

/**
 * Imports IDX files. A container is kept as it was given, and its images are rows that point into it.
 * @throws AppError CLASS_NAMES_NEEDED before anything is written, SOURCE_UNREADABLE, DISK_FULL
 */
export async function importIdx(job: IdxImport): Promise<void> {
  const { options, signal, copies } = job;
  const chosen: LabelledPair[] = [];
  for (const pair of choosePairs(job.pairs, options.split)) {
    const wanted = options.labels === 'source' && pair.labels !== null;
    chosen.push({ pair, labels: wanted ? await readPairLabels(pair, signal) : null });
  }
  const labeled = chosen.flatMap(({ labels }) => labels ?? []);
  const nameOf =
    labeled.length > 0
      ? nameLabels(allValues(labeled), options.classNames, knownNames(job))
      : () => null;
  // In the order of the labels' numbers, not of the images: 'T-shirt/top' is the first of ten.
  const values = [...new Set(allValues(labeled))].sort((one, other) => one - other);
  job.entry.addClasses(values.flatMap((value) => nameOf(value) ?? []));
  let left = options.limit ?? Infinity;
  let done = 0;
  try {
    for (const item of chosen) {
      if (left <= 0) break;
      const taken = await importPair(job, item, Math.min(left, item.pair.count), nameOf, done);
      left -= taken;
      done += taken;
    }
  } finally {
    copies.removeStray();
  }
}

function knownNames({ source, pairs }: IdxImport): string[] | null {
  return knownClassNames(resolve(pairs[0]?.images ?? source));
}

function* allValues(all: readonly Uint8Array[]): Generator<number> {
  for (const labels of all) yield* labels;
}

async function readPairLabels(pair: IdxPair, signal: AbortSignal): Promise<Uint8Array> {
  const labels = await readIdxLabels(pair.labels!, signal);
  if (labels.length !== pair.count) {
    throw new AppError(
      'SOURCE_UNREADABLE',
      `${basename(pair.labels!)} has ${labels.length.toLocaleString('en')} labels for ${pair.count.toLocaleString('en')} images in ${basename(pair.images)}.`,
      { subject: pair.labels!, hint: 'Check that the two files belong together.' },
    );
  }
  return labels;
}

async function importPair(
  job: IdxImport,
  { pair, labels }: LabelledPair,
  count: number,
  nameOf: (value: number) => string | null,
  doneBefore: number,
): Promise<number> {
  const { project, options, signal } = job;
  const images = await readIdxImages(pair.images, signal);
  const name = baseName(basename(pair.images));
  const split: Split | null = options.split ?? pair.split;
  let container: Container | null = null;
  for (let start = 0; start < count; start += BATCH_ROWS) {
    signal.throwIfAborted();
    const end = Math.min(start + BATCH_ROWS, count);
    const hashes = Array.from({ length: end - start }, (_, i) => hashOf(images, start + i));
    const known = project.store.images.known(hashes);
    // A container of which every image is known already is not taken in again.
    if (!container && known.size < new Set(hashes).size)
      container = await takeIn(job, pair, images);
    const batch = hashes.map((sha256, i): Candidate => ({
      className: labels ? nameOf(labels[start + i]!) : null,
      split,
      relocated: false,
      image: candidateImage(images, sha256, `${name} #${start + i}`, container, start + i, options),
    }));
    job.entry.enter(batch);
    if (container) job.copies.entered(container.path);
    job.onProgress(doneBefore + end);
    job.onBatch();
    // Other calls are answered between batches.
    await nextTurn();
  }
  return count;
}

function candidateImage(
  images: IdxImages,
  sha256: string,
  name: string,
  container: Container | null,
  index: number,
  options: ImportOptions,
): Candidate['image'] {
  const { height, width, channels } = images;
  return {
    sha256,
    name,
    height,
    width,
    channels,
    bitDepth: 8,
    bytes: height * width * channels,
    format: 'idx',
    storage: options.mode,
    path: null,
    container: container?.id ?? null,
    containerIndex: container ? index : null,
  };
}

/** Of an image's shape and bytes: the same picture in another container is the same picture. */
function hashOf({ data, height, width, channels }: IdxImages, index: number): string {
  const size = height * width * channels;
  return createHash('sha256')
    .update(`fovea-pixels ${height}x${width}x${channels}\n`)
    .update(data.subarray(index * size, (index + 1) * size))
    .digest('hex');
}

async function takeIn(job: IdxImport, pair: IdxPair, images: IdxImages): Promise<Container> {
  const { project, options, copies } = job;
  const { store } = project;
  const sha256 = await hashFile(pair.images, job.signal);
  const { height, width, channels, count } = images;
  const extension = /\.gz$/i.test(pair.images) ? 'idx.gz' : 'idx';
  const copy = options.mode === 'copy';
  const path = copy ? contentPath(sha256, extension) : resolve(pair.images);
  if (copy) await copies.add(pair.images, path, (await stat(pair.images)).size);
  return store.transaction(() => {
    const existing = store.containers.bySha(sha256);
    if (existing) {
      store.containers.setLocation(existing.id, options.mode, path);
      return { ...existing, storage: options.mode, path };
    }
    return store.containers.insert({
      sha256,
      storage: options.mode,
      path,
      name: basename(pair.images),
      height,
      width,
      channels,
      count,
    });
  });
}

async function hashFile(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { signal }), hash);
  return hash.digest('hex');
}
