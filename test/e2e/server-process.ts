/** Starts the real server as a process, from the build (or the packed app). */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '../..');

/** The Node and the program to test; `scripts/verify-dist.ts` points them into the packed app. */
export const nodePath = process.env['FOVEA_NODE'] ?? process.execPath;
export const cliPath = process.env['FOVEA_CLI'] ?? join(root, 'dist/main/cli.js');
export const packed = process.env['FOVEA_CLI'] !== undefined;

export interface ServerProcess {
  readonly url: string;
  readonly process: ChildProcess;
  /** What it wrote to standard error so far: its log. */
  log(): string;
  /** Ctrl-C, and wait. @returns the exit code */
  stop(): Promise<number | null>;
  /** As the power cut does it. */
  kill(): Promise<void>;
}

export interface ServerFolders {
  dataDir: string;
  projectsDir: string;
}

/** @param options further arguments of `fovea serve` */
export async function startServerProcess(
  { dataDir, projectsDir }: ServerFolders,
  options: string[] = [],
): Promise<ServerProcess> {
  const child = spawn(nodePath, [cliPath, 'serve', '--json', ...options], {
    env: { ...process.env, FOVEA_DATA_DIR: dataDir, FOVEA_PROJECTS_DIR: projectsDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const exited = once(child, 'exit') as Promise<[number | null]>;
  for await (const line of createInterface({ input: child.stdout })) {
    const message = JSON.parse(line) as { event: string; url: string };
    if (message.event !== 'listening') continue;
    return {
      url: message.url,
      process: child,
      log: () => log,
      stop: async () => {
        child.kill('SIGINT');
        const [code] = await exited;
        return code;
      },
      kill: async () => {
        child.kill('SIGKILL');
        await exited;
      },
    };
  }
  throw new Error(`The server ended before it was ready.\n${log}`);
}
