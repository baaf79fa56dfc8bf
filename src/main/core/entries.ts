/**
 * Where the programs that run in processes of their own start: beside this file as TypeScript in a
 * checkout (Node strips the types), as bundles of the same names in the packed app.
 */
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = import.meta.url.endsWith('.ts');

function entry(sourcePath: string, bundleName: string): string {
  const path = fileURLToPath(new URL(source ? sourcePath : bundleName, import.meta.url));
  return unpacked(path);
}

/** Plain Node cannot read inside the archive; electron-builder.yml puts these files beside it. */
export function unpacked(path: string): string {
  return path.replace(`${sep}app.asar${sep}`, `${sep}app.asar.unpacked${sep}`);
}

export const entries = {
  engine: entry('./engine/worker.ts', './engine-worker.js'),
  replica: entry('./engine/training/cpu/replica-worker.ts', './replica-worker.js'),
  dataThread: entry('./engine/data/data-worker.ts', './data-worker.js'),
  decoder: entry('./library/decode/worker.ts', './decode-worker.js'),
  /** Not a program: the page that web exports are made of, built from `src/page`. */
  page: entry('../../../dist/page/index.html', '../page/index.html'),
};
