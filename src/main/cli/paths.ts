import { resolve } from 'node:path';

/**
 * An argument's absolute path. npm runs scripts in the package's folder and says in INIT_CWD where
 * the user stood; paths are meant from there.
 */
export function fromWorkingFolder(path: string): string {
  const { INIT_CWD, npm_lifecycle_event: script } = process.env;
  return script === 'fovea' && INIT_CWD ? resolve(INIT_CWD, path) : resolve(path);
}
