/** What the API's handlers are made of. Built once by create-core.ts, passed by hand. */
import type { BackboneLibrary } from './backbones/library.ts';
import type { Engine } from './engine/protocol.ts';
import type { JobManager } from './jobs.ts';
import type { Logger } from './logger.ts';
import type { DecoderPool } from './library/decode/pool.ts';
import type { ProjectRegistry } from './projects/registry.ts';
import type { RunService } from './runs/service.ts';
import type { StudyService } from './studies/service.ts';
import type { SettingsStore } from './settings.ts';
import type { Uploads } from './library/uploads.ts';

export interface CoreOptions {
  /** Machine-wide state: settings, recent projects, the sample project, uploads, log. */
  dataDir: string;
  /** Where new projects are proposed. */
  projectsDir: string;
  host: 'electron' | 'server' | 'cli' | 'test';
  /** Folder with samples (the app's `resources`). */
  resourcesDir: string;
  /** The plain Node executable that runs engine and decoders. */
  nodePath: string;
  version: string;
  log: Logger;
}

export interface CoreContext {
  options: CoreOptions;
  log: Logger;
  jobs: JobManager;
  projects: ProjectRegistry;
  engine: Engine;
  /** Pretrained networks of this computer. */
  backbones: BackboneLibrary;
  decoders: DecoderPool;
  settings: SettingsStore;
  uploads: Uploads;
  /** From `createRunService`; lives as long as the core. */
  runs: RunService;
  /** From `createStudyService`. */
  studies: StudyService;
}
