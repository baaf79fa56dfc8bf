/**
 * HDF5 files in memory, by the HDF5 library itself (h5wasm, its WebAssembly build): float32 arrays by
 * their paths, and texts as attributes. The library is loaded at the first use.
 */
import type { Dataset, Group } from 'h5wasm';
import { AppError } from '#shared/errors.ts';
import type { FloatTensor } from '../checkpoint/safetensors.ts';
import { elements } from '../graph/shape.ts';

/** More numbers in one array are not read: 1 GiB. */
const MOST_NUMBERS = 2 ** 28;

export type Attributes = Readonly<Record<string, string | readonly string[]>>;

async function library() {
  const { default: h5wasm } = await import('h5wasm');
  const { FS, activate_throwing_error_handler: throwErrors } = await h5wasm.ready;
  // Else it prints them, a page for each.
  throwErrors();
  return { h5wasm, files: FS as unknown as MemoryFiles };
}

/** What is used of the library's file system, which is in memory. */
interface MemoryFiles {
  readFile(path: string): Uint8Array;
  writeFile(path: string, data: Uint8Array): void;
  unlink(path: string): void;
}

let counter = 0;
const freshName = (): string => `/${counter++}.h5`;

/**
 * @param groups attributes of each group by its path, '' for the file's own
 * @param arrays by their paths; groups on the way are made
 */
export async function writeHdf5(
  groups: Iterable<readonly [string, Attributes]>,
  arrays: Iterable<readonly [string, FloatTensor]>,
): Promise<Uint8Array> {
  const { h5wasm, files } = await library();
  const name = freshName();
  const file = new h5wasm.File(name, 'w');
  const known = new Map<string, Group>([['', file]]);
  const groupAt = (path: string): Group => {
    const found = known.get(path);
    if (found) return found;
    const slash = path.lastIndexOf('/');
    const made = groupAt(path.slice(0, Math.max(0, slash))).create_group(path.slice(slash + 1));
    known.set(path, made);
    return made;
  };
  try {
    for (const [path, attributes] of groups) {
      const group = groupAt(path);
      for (const [key, value] of Object.entries(attributes)) {
        if (typeof value === 'string') group.create_attribute(key, value);
        else if (value.length > 0) group.create_attribute(key, [...value]);
        else group.create_attribute(key, new Float64Array(0), [0]);
      }
    }
    for (const [path, { shape, data }] of arrays) {
      const slash = path.lastIndexOf('/');
      const group = groupAt(path.slice(0, Math.max(0, slash)));
      group.create_dataset({ name: path.slice(slash + 1), data, shape: [...shape], dtype: '<f4' });
    }
    file.flush();
  } finally {
    file.close();
  }
  const bytes = files.readFile(name);
  files.unlink(name);
  return bytes;
}

/** A file that is read. What is not there is null; what is damaged throws SOURCE_UNREADABLE. */
export interface Hdf5Reader {
  text(path: string, attribute: string): string | null;
  texts(path: string, attribute: string): string[] | null;
  /** Names of what is in a group. */
  names(path: string): string[];
  /** Shape of an array, without reading it. */
  shape(path: string): number[] | null;
  /** Numbers of any float type; `expected` is its shape, or it is damaged. */
  floats(path: string, expected: readonly number[]): Float32Array;
  close(): void;
}

/** @param subject what messages call it: the file's name */
export async function openHdf5(bytes: Uint8Array, subject: string): Promise<Hdf5Reader> {
  const { h5wasm, files } = await library();
  const name = freshName();
  const damaged = (cause?: unknown) =>
    new AppError('SOURCE_UNREADABLE', `${subject} is damaged, or no HDF5 file.`, {
      subject,
      cause,
    });
  /** The library throws texts, numbers and errors of its own. */
  const guarded = <T>(read: () => T): T => {
    try {
      return read();
    } catch (error) {
      throw error instanceof AppError ? error : damaged(error);
    }
  };
  files.writeFile(name, bytes);
  const file = guarded(() => {
    try {
      const opened = new h5wasm.File(name, 'r');
      if (opened.file_id < 0n) throw damaged();
      return opened;
    } catch (error) {
      files.unlink(name);
      throw error;
    }
  });
  const at = (path: string) => (path === '' ? file : file.get(path));
  const attributeOf = (path: string, attribute: string): unknown => {
    const entity = at(path);
    return entity && 'attrs' in entity ? (entity.attrs[attribute]?.value ?? null) : null;
  };
  const arrayAt = (path: string): Dataset | null => {
    const entity = at(path);
    return entity instanceof h5wasm.Dataset ? entity : null;
  };
  const texts = (path: string, attribute: string) =>
    guarded(() => {
      const value = attributeOf(path, attribute);
      if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
      return value === null || typeof value === 'string' ? null : [];
    });
  return {
    texts,
    text: (path, attribute) =>
      guarded(() => {
        const value = attributeOf(path, attribute);
        return typeof value === 'string' ? value : null;
      }),
    names: (path) =>
      guarded(() => {
        const group = at(path);
        return group instanceof h5wasm.Group ? group.keys() : [];
      }),
    shape: (path) => guarded(() => arrayAt(path)?.shape ?? null),
    floats: (path, expected) =>
      guarded(() => {
        const array = arrayAt(path);
        const count = elements(expected);
        // Looked at before it is read: a few bytes can promise any amount of zeros.
        if (array?.shape?.join() !== expected.join() || count > MOST_NUMBERS) throw damaged();
        const value: unknown = array.value;
        if (!(value instanceof Float32Array || value instanceof Float64Array)) throw damaged();
        return Float32Array.from(value);
      }),
    close() {
      file.close();
      files.unlink(name);
    },
  };
}
