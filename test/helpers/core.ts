/** A real core in temporary folders, and a client for it. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInProcessClient } from '#core/api/transports/in-process.ts';
import { createCore, type Core } from '#core/create-core.ts';
import { defaultOptions } from '#core/default-options.ts';
import { createLogger } from '#core/logger.ts';
import type { FoveaClient, Job } from '#shared/contract/index.ts';

export const sampleFolder = join(
  import.meta.dirname,
  '../../resources/samples/fashion-mnist-small',
);

export interface TestCore {
  core: Core;
  client: FoveaClient;
  /** Temporary; removed by `close`. */
  folder: string;
  close(): Promise<void>;
}

/** @param folder an existing folder of an earlier core, to open its state again */
export async function createTestCore(
  folder = mkdtempSync(join(tmpdir(), 'fovea-core-')),
): Promise<TestCore> {
  const projectsDir = join(folder, 'projects');
  mkdirSync(projectsDir, { recursive: true });
  const core = await createCore(
    defaultOptions('test', {
      dataDir: join(folder, 'data'),
      projectsDir,
      log: createLogger('silent'),
    }),
  );
  return {
    core,
    client: createInProcessClient(core.router, core.apiContext),
    folder,
    close: async () => {
      await core.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits for a job; throws its error when it did not end as done. */
export async function finished(client: FoveaClient, id: string): Promise<Job> {
  const stop = new AbortController();
  try {
    for await (const event of await client.jobs.watch(undefined, { signal: stop.signal })) {
      const job = event.type === 'update' ? event.job : event.jobs.find((each) => each.id === id);
      if (job?.id !== id || job.finishedAt === null) continue;
      if (job.state !== 'done')
        throw new Error(`${job.kind} ${job.state}: ${job.error?.message ?? ''}`);
      return job;
    }
    throw new Error('The list of jobs ended.');
  } finally {
    stop.abort();
  }
}
