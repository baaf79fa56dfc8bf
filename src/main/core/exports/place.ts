/**
 * Where an export's files go: written to a folder of their own first, then moved into place all
 * together. Only an unchanged earlier export of the same checkpoint is replaced; any other file in
 * the way is the user's.
 */
import { mkdir, mkdtemp, readFile, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import * as z from 'zod';
import { AppError } from '#shared/errors.ts';
import { fileSha256, hasCode, toFileError } from '../util/files.ts';

export const MANIFEST = 'export.json';

/** What `export.json` must say for its files to count as this export's earlier ones. */
const manifest = z.object({
  project: z.object({ id: z.string() }),
  run: z.string(),
  checkpoint: z.string(),
  format: z.string(),
  files: z.array(z.object({ name: z.string(), sha256: z.string() })),
});

export interface ExportOrigin {
  project: string;
  run: string;
  checkpoint: string;
  format: string;
}

export interface Staging {
  /** Write here. */
  directory: string;
  /** Moves everything written to its place. */
  commit: () => Promise<void>;
  /** Takes away what was written, and the folder if it was made for it. Harmless after commit. */
  discard: () => Promise<void>;
}

/**
 * @param names files that will be written, as far as they are known before; the others are looked at
 *   when all are there
 * @throws AppError ALREADY_EXISTS, INVALID_INPUT, PERMISSION_DENIED, DISK_FULL
 */
export async function stageExport(
  target: string,
  names: readonly string[],
  origin: ExportOrigin,
): Promise<Staging> {
  if (!isAbsolute(target)) {
    throw new AppError('INVALID_INPUT', `${target} is not a full path.`, { subject: target });
  }
  const existed = await exists(target);
  try {
    await mkdir(target, { recursive: true });
    await refuseForeignFiles(target, [...names, MANIFEST], origin);
    const directory = await mkdtemp(join(target, '.fovea-export-'));
    return {
      directory,
      commit: async () => {
        try {
          const written = await filesIn(directory);
          await refuseForeignFiles(target, written, origin);
          for (const name of written) {
            await mkdir(dirname(join(target, name)), { recursive: true });
            await rename(join(directory, name), join(target, name));
          }
          await rm(directory, { recursive: true });
        } catch (error) {
          throw toFileError(error, target);
        }
      },
      discard: async () => {
        await rm(directory, { recursive: true, force: true });
        if (!existed) await removeIfEmpty(target);
      },
    };
  } catch (error) {
    if (!existed) await removeIfEmpty(target);
    throw toFileError(error, target);
  }
}

/** Files in the folder and below, as paths from there with slashes. */
export async function filesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .sort();
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function removeIfEmpty(directory: string): Promise<void> {
  try {
    await rmdir(directory);
  } catch {
    // Not empty: it holds the export, or what others put there meanwhile.
  }
}

async function refuseForeignFiles(
  target: string,
  names: readonly string[],
  origin: ExportOrigin,
): Promise<void> {
  const present = await Promise.all(names.map((name) => exists(join(target, name))));
  const inTheWay = names.filter((_, index) => present[index]);
  if (inTheWay.length === 0) return;
  const earlier = await readManifest(join(target, MANIFEST));
  if (!earlier) throw foreign(target, inTheWay[0]!);
  if (
    earlier.project.id !== origin.project ||
    earlier.run !== origin.run ||
    earlier.checkpoint !== origin.checkpoint ||
    earlier.format !== origin.format
  ) {
    throw new AppError(
      'ALREADY_EXISTS',
      `${target} holds the export of another model (run ${earlier.run}, ${earlier.checkpoint} checkpoint).`,
      { subject: target, hint: 'Choose another folder.' },
    );
  }
  const hashes = new Map(earlier.files.map(({ name, sha256 }) => [name, sha256]));
  for (const name of inTheWay) {
    if (name === MANIFEST) continue;
    if (hashes.get(name) !== (await fileSha256(join(target, name)))) throw foreign(target, name);
  }
}

function foreign(target: string, name: string): AppError {
  return new AppError(
    'ALREADY_EXISTS',
    `${join(target, name)} is already there and was not written, or was changed since, by an export of this model.`,
    { subject: join(target, name), hint: 'Choose another folder, or move the file away.' },
  );
}

async function readManifest(file: string): Promise<z.infer<typeof manifest> | null> {
  try {
    return manifest.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if (hasCode(error, 'EACCES', 'EPERM', 'EIO')) throw error;
    return null;
  }
}
