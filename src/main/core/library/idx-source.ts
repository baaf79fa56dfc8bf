/** Which IDX files belong together, which split they are, and what their classes are called. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import type { Split } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { toFileError } from '../util/files.ts';
import { readIdxHeader } from './idx.ts';
import { byName } from './walk.ts';

/** An images file and the labels that go with it. */
export interface IdxPair {
  images: string;
  labels: string | null;
  count: number;
  /** From the file's name. */
  split: Split | null;
}

const IDX_NAME = /idx\d?|ubyte/i;

export function looksLikeIdx(name: string): boolean {
  return IDX_NAME.test(name) && !name.startsWith('.');
}

/** The pairs in a folder, train first; none when it holds no IDX files of images. */
export async function findIdxPairs(path: string): Promise<IdxPair[]> {
  let names: string[];
  try {
    const single = (await stat(path)).isFile();
    const folder = single ? dirname(path) : path;
    const all = await readdir(folder);
    const candidates = single ? [basename(path)] : all.filter(looksLikeIdx).sort(byName);
    names = candidates;
    const pairs: IdxPair[] = [];
    for (const name of names) {
      const file = join(folder, name);
      if (!(await stat(file)).isFile()) continue;
      const header = await readIdxHeader(file);
      if (!header || header.shape.length < 3) continue;
      const base = baseName(name);
      // The same set raw and gzipped beside each other is one set.
      if (pairs.some((pair) => baseName(basename(pair.images)) === base)) continue;
      const labels = labelsFor(name, all);
      pairs.push({
        images: file,
        labels: labels === null ? null : join(folder, labels),
        count: header.shape[0]!,
        split: splitOf(name),
      });
    }
    const order = { train: 0, validation: 1, test: 2 };
    return pairs.sort((a, b) => (a.split ? order[a.split] : 3) - (b.split ? order[b.split] : 3));
  } catch (error) {
    throw toFileError(error, path);
  }
}

/** 'train-images-idx3-ubyte.gz' → 'train-images'. */
export function baseName(name: string): string {
  return name
    .replace(/\.gz$/i, '')
    .replace(/[-._]idx\d?([-._]ubyte)?$/i, '')
    .replace(/[-._]ubyte$/i, '');
}

function labelsFor(name: string, all: readonly string[]): string | null {
  const wanted = baseName(name).replace(/images?/i, 'labels');
  if (wanted === baseName(name)) return null;
  const fits = all.filter((other) => looksLikeIdx(other) && baseName(other) === wanted);
  // Prefers the same packing as the images.
  return fits.find((other) => /\.gz$/i.test(other) === /\.gz$/i.test(name)) ?? fits[0] ?? null;
}

function splitOf(name: string): Split | null {
  if (/train/i.test(name)) return 'train';
  if (/t10k|test/i.test(name)) return 'test';
  if (/val/i.test(name)) return 'validation';
  return null;
}

/** With a wanted split: the pairs of that split if the files' names tell, else all of them. */
export function choosePairs(pairs: readonly IdxPair[], split: Split | undefined): IdxPair[] {
  const matching = pairs.filter((pair) => pair.split === split);
  return split !== undefined && matching.length > 0 ? matching : [...pairs];
}

const FASHION = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];
const DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
const KUZUSHIJI = ['お', 'き', 'す', 'つ', 'な', 'は', 'ま', 'や', 'れ', 'を'];

/** Class names of the data sets that everybody knows, by the last parts of the path; else null. */
export function knownClassNames(path: string): string[] | null {
  const tail = path.split(sep).slice(-3).join('/').toLowerCase();
  if (tail.includes('fashion')) return FASHION;
  if (tail.includes('kmnist') || tail.includes('kuzushiji')) return KUZUSHIJI;
  // EMNIST has sets of digits and sets of letters; others that end so are not digits either.
  if (/emnist-(digits|mnist)/.test(tail)) return DIGITS;
  return /(^|[^a-z])q?mnist/.test(tail) ? DIGITS : null;
}

/**
 * The name of each label value.
 * @param values all labels of the import
 * @throws AppError CLASS_NAMES_NEEDED when they are neither given nor known, INVALID_INPUT when too few
 */
export function nameLabels(
  values: Iterable<number>,
  given: readonly string[] | undefined,
  known: readonly string[] | null,
): (value: number) => string {
  let min = Infinity;
  let max = -1;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const names = given ?? (known && max < known.length ? known : null);
  if (!names) {
    throw new AppError(
      'CLASS_NAMES_NEEDED',
      `These files have ${max + 1} classes, numbered from 0 to ${max}, without names.`,
      { hint: `Give ${max + 1} class names, in order.` },
    );
  }
  // EMNIST letters count from 1.
  const first = max === names.length && min >= 1 ? 1 : 0;
  if (max - first >= names.length) {
    throw new AppError(
      'INVALID_INPUT',
      `${names.length} class names were given, but the labels go up to ${max}.`,
      { hint: `Give ${max + 1} class names, in order.` },
    );
  }
  return (value) => names[value - first]!;
}
