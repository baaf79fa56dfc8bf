import { isAbsolute, join } from 'node:path';

/** Where things lie inside a project folder. */
export interface ProjectPaths {
  database: string;
  /** Copied images, by the SHA-256 of their bytes: `ab/abcdef….jpg`. */
  images: string;
  /** Everything in it can be made again. */
  cache: string;
  thumbnails: string;
  /** Unpacked IDX containers. */
  containers: string;
  tensors: string;
  /** What looking into runs found and takes time to find again. */
  inspections: string;
  /** Copies of the pretrained networks that runs use, by the SHA-256 of each. */
  backbones: string;
  /** Answers of unchanging layers. */
  features: string;
  runs: string;
  /** Folder of one run. */
  run: (id: string) => string;
}

export function projectPaths(root: string): ProjectPaths {
  const cache = join(root, 'cache');
  return {
    database: join(root, 'project.db'),
    images: join(root, 'images'),
    cache,
    thumbnails: join(cache, 'thumbs'),
    containers: join(cache, 'containers'),
    tensors: join(cache, 'tensors'),
    inspections: join(cache, 'inspections'),
    backbones: join(root, 'backbones'),
    features: join(cache, 'features'),
    runs: join(root, 'runs'),
    run: (id) => join(root, 'runs', id),
  };
}

/** Absolute path of a stored file: copies are stored relative to images/, references absolutely. */
export function storedPath(
  paths: ProjectPaths,
  file: { storage: 'copy' | 'reference'; path: string },
): string {
  return file.storage === 'copy' || !isAbsolute(file.path)
    ? join(paths.images, file.path)
    : file.path;
}

/** Content-addressed name, relative to images/. */
export function contentPath(sha256: string, extension: string): string {
  return `${sha256.slice(0, 2)}/${sha256}.${extension}`;
}
