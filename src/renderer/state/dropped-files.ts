/** Dropped files and folders of a browser as a flat list with relative paths. */

export interface DroppedFile {
  /** With '/', relative to what was dropped: 'train/cat/1.png'. */
  path: string;
  file: File;
}

/** Everything below what was dropped, in the order of the folders. */
export async function collectDrop(data: DataTransfer): Promise<DroppedFile[]> {
  const entries = [...data.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  // What another window made (a picture dragged out of a page) is a file without an entry.
  if (entries.length === 0) return [...data.files].map((file) => ({ path: file.name, file }));
  const only = entries[0];
  // One dropped folder is the root itself: its name is not part of the paths, or it would be a class.
  if (entries.length === 1 && only?.isDirectory) {
    const found = await walk(only, '');
    dropName.set(found, only.name);
    return found;
  }
  const found: DroppedFile[] = [];
  for (const entry of entries) found.push(...(await walk(entry, entry.name)));
  return found;
}

const dropName = new WeakMap<readonly DroppedFile[], string>();

/** A name for a project made of them: the dropped folder's, or the first file's. */
export function nameOfDrop(files: readonly DroppedFile[]): string {
  const folder = dropName.get(files);
  if (folder !== undefined) return folder;
  const first = files[0]?.path ?? '';
  return first.includes('/') ? (first.split('/')[0] ?? '') : first.replace(/\.[^.]+$/, '');
}

async function walk(entry: FileSystemEntry, path: string): Promise<DroppedFile[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => {
      (entry as FileSystemFileEntry).file(resolve, reject);
    });
    return [{ path, file }];
  }
  const found: DroppedFile[] = [];
  for (const child of await children(entry as FileSystemDirectoryEntry)) {
    found.push(...(await walk(child, path === '' ? child.name : `${path}/${child.name}`)));
  }
  return found;
}

/** A directory reader answers in batches (100 in Chromium) until it answers none. */
async function children(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (batch.length === 0) return all;
    all.push(...batch);
  }
}
