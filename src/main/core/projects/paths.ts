import { join } from 'node:path';

/** Where things lie inside a project folder. */
export interface ProjectPaths {
  database: string;
  images: string;
  cache: string;
  runs: string;
  /** Folder of one run. */
  run: (id: string) => string;
}

export function projectPaths(root: string): ProjectPaths {
  return {
    database: join(root, 'project.db'),
    images: join(root, 'images'),
    cache: join(root, 'cache'),
    runs: join(root, 'runs'),
    run: (id) => join(root, 'runs', id),
  };
}
