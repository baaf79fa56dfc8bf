/** Names of files and folders that every file system takes, no two the same. */
import { extname } from 'node:path';

/** Characters that Windows, macOS or Linux do not take, at their worst. */
const FORBIDDEN = /[\u0000-\u001f<>:"/\\|?*]/g;
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
const LONGEST = 120;

/** 'cats/dogs?' → 'cats_dogs_'. Never empty, hidden, or ending in a dot. */
export function safeName(name: string): string {
  const extension = extname(name).slice(0, 20);
  const stem = name.slice(0, name.length - extension.length).slice(0, LONGEST);
  const safe = `${stem}${extension}`
    .normalize('NFC')
    .replaceAll(FORBIDDEN, '_')
    .replace(/^[.\s]+/, '')
    .replace(/[.\s]+$/, '');
  if (safe === '') return 'unnamed';
  return RESERVED.test(safe) ? `_${safe}` : safe;
}

/** Hands out names; one that is taken, also in other letter case, gets a number. */
export class UniqueNames {
  readonly #taken = new Set<string>();
  /** How often a name was asked for: the next number to try. */
  readonly #asked = new Map<string, number>();

  take(name: string): string {
    const extension = extname(name);
    const stem = name.slice(0, name.length - extension.length);
    const key = name.toLowerCase();
    let number = this.#asked.get(key) ?? 1;
    let free = name;
    while (this.#taken.has(free.toLowerCase())) free = `${stem}-${++number}${extension}`;
    this.#asked.set(key, number);
    this.#taken.add(free.toLowerCase());
    return free;
  }
}
