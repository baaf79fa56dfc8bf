/** One command's core: made when first needed, closed when the command ends. */

import { createInProcessClient } from '#core/api/transports/in-process.ts';
import { createCore, type Core } from '#core/create-core.ts';
import { defaultOptions } from '#core/default-options.ts';
import type { FoveaClient, ProjectSummary } from '#shared/contract/index.ts';
import type { Output } from './output.ts';
import { fromWorkingFolder } from './paths.ts';

export interface Session {
  readonly output: Output;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  core(): Promise<Core>;
  client(): Promise<FoveaClient>;
  /** Opens the project at `path` (relative to the working folder). */
  open(path: string): Promise<{ client: FoveaClient; project: ProjectSummary }>;
  close(): Promise<void>;
}

export function createSession(
  output: Output,
  signal: AbortSignal,
  host: 'cli' | 'server' = 'cli',
): Session {
  let core: Promise<Core> | undefined;
  const getCore = (): Promise<Core> => (core ??= createCore(defaultOptions(host)));
  const getClient = async (): Promise<FoveaClient> => {
    const { router, apiContext } = await getCore();
    return createInProcessClient(router, apiContext);
  };
  return {
    output,
    signal,
    core: getCore,
    client: getClient,
    async open(path) {
      const client = await getClient();
      return { client, project: await client.projects.open({ path: fromWorkingFolder(path) }) };
    },
    async close() {
      await (await core)?.close();
    },
  };
}
