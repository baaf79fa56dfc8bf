import { basename } from 'node:path';
import type { SourceScan, Split } from '#shared/contract/index.ts';
import { maybeImage, placeOf } from './folder-source.ts';
import { readIdxLabels } from './idx.ts';
import { knownClassNames } from './idx-source.ts';
import { listFiles, openSource, type Source } from './source.ts';
import type { Uploads } from './uploads.ts';
import { byName } from './walk.ts';

/**
 * What an import would find at a place; nothing is decoded or written.
 * @throws AppError NOT_FOUND, PERMISSION_DENIED, SOURCE_UNREADABLE
 */
export async function scanSource(
  given: string,
  uploads: Uploads,
  signal?: AbortSignal,
): Promise<SourceScan> {
  const source = await openSource(given, uploads);
  return source.kind === 'idx' ? scanIdx(source) : scanFiles(source, signal);
}

async function scanFiles(source: Source, signal?: AbortSignal): Promise<SourceScan> {
  const warnings: string[] = [];
  const files = await listFiles(
    source,
    ({ name, reason }) => warnings.push(`${name} ${reason}.`),
    signal ? { signal } : {},
  );
  const classes = new Tally();
  const splits = new Tally();
  let images = 0;
  let bytes = 0;
  for (const file of files) {
    if (!(await maybeImage(file.path, file.name))) continue;
    images++;
    bytes += file.bytes;
    const { className, split } = placeOf(file.name);
    if (className) classes.add(className);
    if (split) splits.add(split);
  }
  if (images === 0) warnings.push('There are no images here.');
  else if (classes.size === 0) {
    warnings.push('No sub-folders to take classes from: the images will be unlabeled.');
  }
  return {
    path: source.name,
    kind: source.kind === 'file' ? 'files' : 'folder',
    images,
    otherFiles: files.length - images,
    bytes,
    classes: classes.entries().sort((a, b) => byName(a.name, b.name)),
    splits: splits
      .entries()
      .map(({ name, images: count }) => ({ split: name as Split, images: count })),
    classNames: null,
    classCount: null,
    warnings,
  };
}

async function scanIdx(source: Source & { kind: 'idx' }): Promise<SourceScan> {
  const warnings: string[] = [];
  const splits = new Tally();
  const perLabel = new Tally();
  let images = 0;
  let highest = -1;
  for (const pair of source.pairs) {
    images += pair.count;
    if (pair.split) splits.add(pair.split, pair.count);
    if (!pair.labels) {
      warnings.push(
        `${basename(pair.images)} has no labels file beside it: its images will be unlabeled.`,
      );
      continue;
    }
    for (const value of await readIdxLabels(pair.labels)) {
      perLabel.add(String(value));
      if (value > highest) highest = value;
    }
  }
  const known = knownClassNames(source.pairs[0]!.images);
  const classNames = known && highest < known.length ? known : null;
  return {
    path: source.name,
    kind: 'idx',
    images,
    otherFiles: 0,
    bytes: 0,
    classes: perLabel
      .entries()
      .sort((a, b) => Number(a.name) - Number(b.name))
      .map(({ name, images: count }) => ({
        name: classNames?.[Number(name)] ?? name,
        images: count,
      })),
    splits: splits
      .entries()
      .map(({ name, images: count }) => ({ split: name as Split, images: count })),
    classNames,
    classCount: highest >= 0 ? highest + 1 : null,
    warnings,
  };
}

class Tally {
  readonly #counts = new Map<string, number>();

  get size(): number {
    return this.#counts.size;
  }

  add(name: string, count = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  entries(): { name: string; images: number }[] {
    return [...this.#counts].map(([name, images]) => ({ name, images }));
  }
}
