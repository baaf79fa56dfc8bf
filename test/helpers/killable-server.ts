/** The real server as a process that a test may kill, with a client for it. */
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { createSocketClient } from '#shared/clients/web-socket.ts';
import type { FoveaClient } from '#shared/contract/index.ts';
import { startServerProcess, type ServerProcess } from '../e2e/server-process.ts';
import { processTree } from './process-tree.ts';

export interface KillableServer {
  process: ServerProcess;
  client: FoveaClient;
  /** Process ids of its engines. */
  engines(): number[];
  /** Closes the connection; stops the server if it lives. */
  close(): Promise<void>;
}

/** @param root holds the app's data and its projects; another server may have used it before */
export async function startKillableServer(root: string): Promise<KillableServer> {
  const server = await startServerProcess({
    dataDir: join(root, 'data'),
    projectsDir: join(root, 'projects'),
  });
  const { port, searchParams } = new URL(server.url);
  const headers = { authorization: `Bearer ${searchParams.get('token') ?? ''}` };
  const socket = createSocketClient({
    connect: () => new WebSocket(`ws://127.0.0.1:${port}/rpc`, { headers }),
  });
  return {
    process: server,
    client: socket.client,
    engines: () =>
      processTree(server.process.pid ?? 0)
        .filter(({ command }) => command.includes('engine-worker'))
        .map(({ pid }) => pid),
    async close() {
      socket.close();
      const { exitCode, signalCode } = server.process;
      if (exitCode === null && signalCode === null) await server.stop();
    },
  };
}
