/**
 * Composition root: options in, the whole program without a shell out. Nothing happens on import,
 * and after `close()` no process, timer or open file of the core is left.
 */
import { mkdir } from 'node:fs/promises';
import type { ApiContext } from './api/implementer.ts';
import { BackboneLibrary } from './backbones/library.ts';
import { createRouter, type CoreRouter } from './api/router.ts';
import type { CoreContext, CoreOptions } from './context.ts';
import { createEngine } from './engine/supervisor.ts';
import { JobManager } from './jobs.ts';
import { DecoderPool } from './library/decode/pool.ts';
import { Uploads } from './library/uploads.ts';
import { ProjectRegistry } from './projects/registry.ts';
import { createRunService } from './runs/service.ts';
import { SettingsStore } from './settings.ts';
import { createStudyService } from './studies/service.ts';

export interface Core {
  readonly context: CoreContext;
  readonly router: CoreRouter;
  /** What a transport gives each call. */
  readonly apiContext: ApiContext;
  /** Cancels all jobs and waits for them, closes projects, ends the engine and the decoders. */
  close(): Promise<void>;
}

export async function createCore(options: CoreOptions): Promise<Core> {
  const { dataDir, nodePath, log } = options;
  await mkdir(dataDir, { recursive: true });
  const settings = new SettingsStore({ dataDir, log });
  const jobs = new JobManager(log);
  const decoders = new DecoderPool({ nodePath, log });
  const uploads = new Uploads({ dataDir, log });
  const engine = createEngine({ nodePath, log, dataDir });
  const backbones = new BackboneLibrary({ ...options, engine });
  const projects = new ProjectRegistry({
    ...options,
    ...{ jobs, decoders, settings, uploads, backbones },
  });
  const runs = createRunService({ options, log, jobs, projects, engine, settings });
  const studies = createStudyService({ options, log, jobs, projects, engine, runs });
  const context: CoreContext = {
    options,
    log,
    jobs,
    projects,
    engine,
    backbones,
    decoders,
    settings,
    uploads,
    runs,
    studies,
  };

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    // Jobs write to projects and use engine and decoders: they end first, those last.
    await jobs.cancelAll();
    await projects.closeAll();
    await Promise.all([engine.close(), decoders.close(), uploads.close()]);
  };
  return {
    context,
    router: createRouter(context),
    apiContext: { log },
    close: () => (closing ??= close()),
  };
}
