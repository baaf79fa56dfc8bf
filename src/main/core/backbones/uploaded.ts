import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { BackboneLibrary, LibraryEntry } from './library.ts';

/** Adds a file that a page sent. */
export async function addUploaded(
  library: BackboneLibrary,
  file: File,
  options: Parameters<BackboneLibrary['add']>[1],
): Promise<LibraryEntry> {
  const folder = await mkdtemp(join(tmpdir(), 'fovea-backbone-'));
  try {
    const path = join(folder, basename(file.name) || 'network.onnx');
    await writeFile(path, file.stream());
    return await library.add(path, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
