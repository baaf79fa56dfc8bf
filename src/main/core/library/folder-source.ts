/** What a file's place in a folder tree says about it. */
import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Split } from '#shared/contract/index.ts';
import { hasImageSignature } from './decode/signatures.ts';

const SPLITS: Record<string, Split> = {
  train: 'train',
  training: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  test: 'test',
  testing: 'test',
};

/**
 * Split and class from a path below the source's root: `[split/]class/…/file`. Files directly at the
 * top (or directly in a split's folder) have no class.
 */
export function placeOf(name: string): { split: Split | null; className: string | null } {
  const folders = name.split('/').slice(0, -1);
  const split = SPLITS[folders[0]?.toLowerCase() ?? ''] ?? null;
  const className = folders[split ? 1 : 0] ?? null;
  return { split, className };
}

const IMAGE_EXTENSIONS = new Set([
  '.png',
  '.apng',
  '.jpg',
  '.jpeg',
  '.jpe',
  '.jfif',
  '.webp',
  '.gif',
  '.bmp',
  '.dib',
  '.tif',
  '.tiff',
  '.avif',
]);

export function hasImageExtension(name: string): boolean {
  return IMAGE_EXTENSIONS.has(extname(name).toLowerCase());
}

/**
 * Whether to try a file as an image: by its extension, else by its first bytes (cameras and data sets
 * do without extensions). A file that cannot be opened counts as one, so that it is reported.
 */
export async function maybeImage(path: string, name: string): Promise<boolean> {
  if (hasImageExtension(name)) return true;
  try {
    const handle = await open(path);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(16), 0, 16, 0);
      return hasImageSignature(buffer.subarray(0, bytesRead));
    } finally {
      await handle.close();
    }
  } catch {
    return true;
  }
}
