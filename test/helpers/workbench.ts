/** The library without engine or transports: a registry with real decoders in temporary folders. */
import { BackboneLibrary } from '#core/backbones/library.ts';
import { createEngine } from '#core/engine/supervisor.ts';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobManager } from '#core/jobs.ts';
import { DecoderPool } from '#core/library/decode/pool.ts';
import { startImport } from '#core/library/import/start.ts';
import { Uploads } from '#core/library/uploads.ts';
import { createLogger } from '#core/logger.ts';
import type { Project } from '#core/projects/project.ts';
import { ProjectRegistry, type RegistryOptions } from '#core/projects/registry.ts';
import { SettingsStore } from '#core/settings.ts';
import type { ImportOptions, ImportReport, Job } from '#shared/contract/index.ts';

export interface Workbench {
  readonly folder: string;
  readonly services: RegistryOptions;
  readonly registry: ProjectRegistry;
  create(name?: string): Promise<Project>;
  start(project: Project, source: string, options?: Partial<ImportOptions>): Job;
  /** Imports to the end, however it ends. */
  import(
    project: Project,
    source: string,
    options?: Partial<ImportOptions>,
  ): Promise<{ job: Job; report: ImportReport }>;
  close(): Promise<void>;
}

export function createWorkbench(
  options: { folder?: string; resourcesDir?: string; decoders?: DecoderPool } = {},
): Workbench {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'fovea-library-'));
  const log = createLogger('silent');
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir, { recursive: true });
  const jobs = new JobManager(log);
  const services: RegistryOptions = {
    dataDir,
    projectsDir: join(folder, 'projects'),
    resourcesDir: options.resourcesDir ?? folder,
    version: '0.0.0-test',
    log,
    jobs,
    backbones: new BackboneLibrary({
      resourcesDir: folder,
      dataDir,
      engine: createEngine({ nodePath: process.execPath, log }),
    }),
    decoders: options.decoders ?? new DecoderPool({ nodePath: process.execPath, log }),
    settings: new SettingsStore({ dataDir, log }),
    uploads: new Uploads({ dataDir, log }),
  };
  const registry = new ProjectRegistry(services);
  const start: Workbench['start'] = (project, source, given = {}) =>
    startImport(project, services, { source, mode: 'copy', labels: 'source', ...given });
  return {
    folder,
    services,
    registry,
    start,
    create: (name = 'pictures') => registry.create({ path: join(folder, `${name}.fovea`) }),
    async import(project, source, given) {
      const job = await jobs.finished(start(project, source, given).id);
      return { job, report: project.store.imports.list()[0]! };
    },
    async close() {
      await registry.closeAll();
      await services.decoders.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
