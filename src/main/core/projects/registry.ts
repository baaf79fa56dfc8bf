import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { RecentProject } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { JobManager } from '../jobs.ts';
import type { BackboneLibrary } from '../backbones/library.ts';
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
  backbones: BackboneLibrary;
  settings: SettingsStore;
  uploads: Uploads;
}

const LEAVE_MS = 50;
const SAMPLE_FOLDER = 'Fashion-MNIST sample.fovea';
const SAMPLE_NAME = 'Fashion-MNIST sample';

/** The projects that are open in this process, and those that were. */
export class ProjectRegistry {
  /** Called with each project right after it was opened (also a new one), before anyone gets it. */
  readonly onOpen: ((project: Project) => void | Promise<void>)[] = [];
  readonly #options: RegistryOptions;
  readonly #recent: RecentProjects;
  readonly #open = new Map<string, Project>();
  /** How often each open project was asked for. */
  readonly #opened = new Map<string, number>();
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

  /**
   * Opens the sample project; makes it first, its import being a job.
   * @throws AppError NOT_FOUND where its pictures were not installed; no empty project is left
   */
  async openSample(): Promise<Project> {
    const { projectsDir, resourcesDir } = this.#options;
    const path = join(projectsDir, SAMPLE_FOLDER);
    const source = join(resourcesDir, 'samples', 'fashion-mnist-small');
    const exists = existsSync(path);
    if (!exists && !existsSync(source)) {
      throw new AppError('NOT_FOUND', 'The sample’s pictures are not where the app keeps them.', {
        subject: source,
        hint: 'Reinstall the app, or import pictures of your own.',
      });
    }
    const project = exists ? await this.open(path) : await this.create({ path, name: SAMPLE_NAME });
    const busy = this.#options.jobs
      .list()
      .some(
        (job) => job.project === project.id && job.kind === 'import' && job.finishedAt === null,
      );
    if (project.summary().images === 0 && !busy) {
      startImport(project, this.#options, {
        source,
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

  /**
   * For a window that is done with a project. It closes when nobody else watches it and none of its
   * work runs; else it stays open, so a training goes on after its window has left.
   */
  async leave(id: string): Promise<void> {
    const project = this.#open.get(id);
    if (!project) return;
    const opened = this.#opened.get(id);
    // The leaver's own feed was cancelled just before; its end takes a turn or two to get here.
    await setTimeout(LEAVE_MS);
    // Somebody came in at the door where this one goes out.
    if (this.#opened.get(id) !== opened) return;
    const works = this.#options.jobs
      .list()
      .some((job) => job.project === id && job.finishedAt === null);
    if (!works && project.changes.watchers === 0) await this.close(id);
    else this.#remember(project, await this.#cover(project));
  }

  /** Cancels its jobs, waits for them, closes the database. */
  async close(id: string): Promise<void> {
    const project = this.#open.get(id);
    if (!project) return;
    await this.#options.jobs.cancelAll(id);
    // Jobs may take a moment to end, and two callers may close at a time.
    if (!this.#open.delete(id)) return;
    this.#opened.delete(id);
    this.#remember(project, await this.#cover(project));
    await project.close();
  }

  /** @returns undefined, which keeps the cover of before, when none can be made */
  async #cover(project: Project): Promise<string[] | undefined> {
    try {
      return await coverOf(project, this.#options.decoders);
    } catch (error) {
      this.#options.log.warn({ err: error }, 'no cover for the recent list');
      return undefined;
    }
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.list().map((project) => this.close(project.id)));
  }

  /** Newest first. A project that is open tells its counts of now, and has a cover if it can. */
  async recent(): Promise<RecentProject[]> {
    const items = this.#recent.list().map(async (item) => {
      const project = this.list().find((open) => open.path === item.path);
      if (!project) return item;
      const { name, images, labeled } = project.summary();
      const cover = item.cover.length > 0 ? item.cover : await this.#cover(project);
      return { ...item, name, images, labeled, cover: cover ?? [] };
    });
    return Promise.all(items);
  }

  forget(path: string): void {
    this.#recent.forget(path);
  }

  async #openOnce(path: string): Promise<Project> {
    const project = this.list().find((open) => open.path === path) ?? (await this.#openFirst(path));
    this.#opened.set(project.id, (this.#opened.get(project.id) ?? 0) + 1);
    return project;
  }

  async #openFirst(path: string): Promise<Project> {
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
      const project = new Project({ id, path, store, ...this.#options });
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
