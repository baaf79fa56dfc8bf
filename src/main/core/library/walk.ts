/** Files below a folder, in a stable order, whatever links and locked folders lie in the way. */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { isNodeError } from '../util/files.ts';

export interface WalkedFile {
  /** Absolute path. */
  path: string;
  /** Path below the root, '/'-separated. */
  name: string;
  bytes: number;
}

/** Something that was not entered or cannot be read; `reason` follows the name in a sentence. */
export interface WalkProblem {
  name: string;
  reason: string;
}

/** Files of operating systems, not of people. */
const SYSTEM =
  /^(thumbs\.db|desktop\.ini|__macosx|@eadir|\$recycle\.bin|system volume information)$/i;

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Natural order ('2' before '10'), with a tie-break so that it is total. */
export function byName(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

/**
 * Depth first, folders and files together by name. Hidden and system files and other projects are
 * passed over; a folder reached twice (a symbolic link in a circle) is entered once.
 */
export async function* walk(
  root: string,
  onProblem: (problem: WalkProblem) => void,
  signal?: AbortSignal,
): AsyncGenerator<WalkedFile> {
  yield* walkFolder(root, '', new Set([await realpath(root)]), onProblem, signal);
}

async function* walkFolder(
  folder: string,
  prefix: string,
  entered: Set<string>,
  onProblem: (problem: WalkProblem) => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<WalkedFile> {
  signal?.throwIfAborted();
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    onProblem({ name: prefix === '' ? folder : prefix.slice(0, -1), reason: reasonFor(error) });
    return;
  }
  entries.sort((a, b) => byName(a.name, b.name));
  for (const entry of entries) {
    if (entry.name.startsWith('.') || SYSTEM.test(entry.name)) continue;
    const path = join(folder, entry.name);
    const name = prefix + entry.name;
    let stats;
    try {
      stats = await stat(path);
    } catch (error) {
      const broken = entry.isSymbolicLink() && isNodeError(error) && error.code === 'ENOENT';
      onProblem({
        name,
        reason: broken ? 'is a link to something that is not there' : reasonFor(error),
      });
      continue;
    }
    if (stats.isFile()) {
      yield { path, name, bytes: stats.size };
    } else if (stats.isDirectory()) {
      if (extname(entry.name) === '.fovea') continue;
      const real = await realpath(path);
      if (entered.has(real)) {
        onProblem({ name, reason: 'is a link to a folder that is imported already' });
        continue;
      }
      entered.add(real);
      yield* walkFolder(path, `${name}/`, entered, onProblem, signal);
    } else {
      onProblem({ name, reason: 'is not a file' });
    }
  }
}

function reasonFor(error: unknown): string {
  const code = isNodeError(error) ? error.code : undefined;
  if (code === 'EACCES' || code === 'EPERM') return 'cannot be read: no permission';
  if (code === 'ELOOP') return 'is a symbolic link that leads in a circle';
  if (code === 'ENOENT') return 'does not exist any more';
  return `cannot be read (${code ?? String(error)})`;
}
