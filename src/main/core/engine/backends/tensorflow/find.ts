import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Tf } from './tf.ts';

/** The faster first: with CUDA, without. */
const packages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

export interface FoundTensorflow {
  name: string;
  version: string;
  /** Loads its native library, which may end the process. */
  load(): Tf;
}

/**
 * TensorFlow's native packages do not come with the app. They are looked for in `folder` (where a
 * user's `npm install --prefix` puts them), then beside the app's own packages.
 */
export function findTensorflow(folder: string | undefined): FoundTensorflow | null {
  const places = [
    ...(folder === undefined ? [] : [createRequire(join(folder, 'package.json'))]),
    createRequire(import.meta.url),
  ];
  for (const require of places) {
    for (const name of packages) {
      try {
        const { version } = require(`${name}/package.json`) as { version: string };
        return { name, version, load: () => load(require, name) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
      }
    }
  }
  return null;
}

/** tfjs-node 4.22 calls two functions that Node 23 removed from its `util`. */
function load(require: NodeJS.Require, name: string): Tf {
  const util = require('node:util') as Record<string, unknown>;
  util['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  util['isArray'] ??= Array.isArray;
  return require(name) as Tf;
}
