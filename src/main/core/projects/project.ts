import type { ProjectSummary } from '#shared/contract/index.ts';
import type { Store } from '../store/store.ts';
import type { TensorPacks } from '../library/tensors.ts';
import type { ProjectChanges } from './changes.ts';
import type { ProjectPaths } from './paths.ts';

/** An open project: a folder, its database, and who listens to its changes. */
export interface Project {
  /** Random, kept in the project's database: the same wherever the folder is moved. */
  readonly id: string;
  /** Absolute real path of the `name.fovea` folder. */
  readonly path: string;
  readonly paths: ProjectPaths;
  readonly store: Store;
  readonly changes: ProjectChanges;
  readonly tensors: TensorPacks;
  summary(): ProjectSummary;
}
