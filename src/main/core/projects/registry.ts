import type { RecentProject } from '#shared/contract/index.ts';
import type { JobManager } from '../jobs.ts';
import type { DecoderPool } from '../library/decode/pool.ts';
import type { Logger } from '../logger.ts';
import type { SettingsStore } from '../settings.ts';
import type { Project } from './project.ts';

export interface RegistryOptions {
  dataDir: string;
  projectsDir: string;
  resourcesDir: string;
  version: string;
  log: Logger;
  jobs: JobManager;
  decoders: DecoderPool;
  settings: SettingsStore;
}

/** The projects that are open in this process, and those that were. */
export class ProjectRegistry {
  /** Called with each project right after it was opened (also a new one), before anyone gets it. */
  readonly onOpen: ((project: Project) => void | Promise<void>)[] = [];

  constructor(options: RegistryOptions) {
    void options;
  }

  /** @throws AppError INVALID_INPUT, ALREADY_EXISTS, PERMISSION_DENIED, DISK_FULL */
  create(_request: { path: string; name?: string; task?: 'single' }): Promise<Project> {
    throw new Error('being written');
  }

  /**
   * Opening a project that is open answers that same one.
   * @throws AppError NOT_FOUND, NOT_A_PROJECT, PROJECT_TOO_NEW, PROJECT_DAMAGED, PERMISSION_DENIED
   */
  open(_path: string): Promise<Project> {
    throw new Error('being written');
  }

  /** Opens the sample project; makes it first, its import being a job. */
  openSample(): Promise<Project> {
    throw new Error('being written');
  }

  /** @throws AppError NOT_FOUND for a project that is not open */
  get(_id: string): Project {
    throw new Error('being written');
  }

  list(): Project[] {
    throw new Error('being written');
  }

  /** Cancels its jobs, waits for them, closes the database. */
  close(_id: string): Promise<void> {
    throw new Error('being written');
  }

  closeAll(): Promise<void> {
    throw new Error('being written');
  }

  recent(): Promise<RecentProject[]> {
    throw new Error('being written');
  }

  forget(_path: string): Promise<void> {
    throw new Error('being written');
  }
}
