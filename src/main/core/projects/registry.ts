import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RecentProject } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { JobManager } from '../jobs.ts';
import type { DecoderPool } from '../library/decode/pool.ts';
import { startImport } from '../library/import/start.ts';
import { tidyAfterCrash } from '../library/tidy.ts';
import { coverOf } from '../library/thumbnails.ts';
import type { Uploads } from '../library/uploads.ts';
import type { Logger } from '../logger.ts';
import type { SettingsStore } from '../settings.ts';
import { findProjectFolder, makeProjectFolder, newProjectId, openProjectStore } from './folder.ts';
import { Project } from './project.ts';
import { RecentProjects } from './recent.ts';

export interface RegistryOptions {
  dataDir: string;
  projectsDir: string;
  resourcesDir: string;
  version: string;
  log: Logger;
  jobs: JobManager;
  decoders: DecoderPool;
  settings: SettingsStore;
  uploads: Uploads;
}

const SAMPLE_FOLDER = 'Fashion-MNIST sample.fovea';
const SAMPLE_NAME = 'Fashion-MNIST sample';

/** The projects that are open in this process, and those that were. */
export class ProjectRegistry {
  /** Called with each project right after it was opened (also a new one), before anyone gets it. */
  readonly onOpen: ((project: Project) => void | Promise<void>)[] = [];
  readonly #options: RegistryOptions;
  readonly #recent: RecentProjects;
  readonly #open = new Map<string, Project>();
  /** By path: two calls that open one project at a time get the same one. */
  readonly #opening = new Map<string, Promise<Project>>();

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#recent = new RecentProjects(options);
  }

  /** @throws AppError INVALID_INPUT, ALREADY_EXISTS, PERMISSION_DENIED, DISK_FULL */
  async create(request: {
    path: string;
    name?: string | undefined;
    task?: 'single';
  }): Promise<Project> {
    const { path, name } = request;
    return this.#openOnce(await makeProjectFolder({ path, name, version: this.#options.version }));
  }

  /**
   * Opening a project that is open answers that same one.
   * @throws AppError NOT_FOUND, NOT_A_PROJECT, PROJECT_TOO_NEW, PROJECT_DAMAGED, PERMISSION_DENIED
   */
  async open(path: string): Promise<Project> {
    return this.#openOnce(await findProjectFolder(path));
  }

  /** Opens the sample project; makes it first, its import being a job. */
  async openSample(): Promise<Project> {
    const { projectsDir, resourcesDir } = this.#options;
    const path = join(projectsDir, SAMPLE_FOLDER);
    const project = existsSync(path)
      ? await this.open(path)
      : await this.create({ path, name: SAMPLE_NAME });
    const busy = this.#options.jobs
      .list()
      .some(
        (job) => job.project === project.id && job.kind === 'import' && job.finishedAt === null,
      );
    if (project.summary().images === 0 && !busy) {
      startImport(project, this.#options, {
        source: join(resourcesDir, 'samples', 'fashion-mnist-small'),
        mode: 'copy',
        labels: 'source',
      });
    }
    return project;
  }

  /** @throws AppError NOT_FOUND for a project that is not open */
  get(id: string): Project {
    const project = this.#open.get(id);
    if (!project) {
      throw new AppError('NOT_FOUND', 'This project is not open.', { hint: 'Open it again.' });
    }
    return project;
  }

  list(): Project[] {
    return [...this.#open.values()];
  }

  /** Cancels its jobs, waits for them, closes the database. */
  async close(id: string): Promise<void> {
    const project = this.#open.get(id);
    if (!project) return;
    await this.#options.jobs.cancelAll(id);
    // Jobs may take a moment to end, and two callers may close at a time.
    if (!this.#open.delete(id)) return;
    const cover = await coverOf(project, this.#options.decoders).catch((error: unknown) => {
      this.#options.log.warn({ err: error }, 'no cover for the recent list');
      return [];
    });
    this.#remember(project, cover);
    await project.close();
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.list().map((project) => this.close(project.id)));
  }

  recent(): RecentProject[] {
    return this.#recent.list();
  }

  forget(path: string): void {
    this.#recent.forget(path);
  }

  async #openOnce(path: string): Promise<Project> {
    const open = this.list().find((project) => project.path === path);
    if (open) return open;
    const opening = this.#opening.get(path) ?? this.#openFolder(path);
    this.#opening.set(path, opening);
    try {
      return await opening;
    } finally {
      this.#opening.delete(path);
    }
  }

  async #openFolder(path: string): Promise<Project> {
    const store = openProjectStore(path);
    try {
      let id = store.meta.get('id');
      // A copy of a project that is open here is a project of its own from now on.
      if (!id || this.#open.has(id)) {
        id = newProjectId();
        const fresh = id;
        store.transaction(() => store.meta.set('id', fresh));
      }
      const project = new Project({ id, path, store, decoders: this.#options.decoders });
      await tidyAfterCrash(project, this.#options.log);
      for (const hook of this.onOpen) await hook(project);
      this.#open.set(id, project);
      this.#remember(project);
      return project;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  #remember(project: Project, cover?: string[]): void {
    const { path, name, images, labeled } = project.summary();
    const item = { path, name, images, labeled, openedAt: Date.now() };
    this.#recent.remember(cover ? { ...item, cover } : item);
  }
}
