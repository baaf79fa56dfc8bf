/**
 * Where the programs that run in processes of their own start: beside this file as TypeScript in a
 * checkout (Node strips the types), as bundles of the same names in the packed app.
 */
import { fileURLToPath } from 'node:url';

const source = import.meta.url.endsWith('.ts');

function entry(sourcePath: string, bundleName: string): string {
  return fileURLToPath(new URL(source ? sourcePath : bundleName, import.meta.url));
}

export const entries = {
  engine: entry('./engine/worker.ts', './engine-worker.js'),
  decoder: entry('./library/decode/worker.ts', './decode-worker.js'),
};
