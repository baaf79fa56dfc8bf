/** Runs the command line from its sources, with a data folder of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '#main/cli/run-cli.ts';

const entry = join(import.meta.dirname, '../../src/main/cli/main.ts');

export type Line = Record<string, unknown>;

export interface CliResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** Standard output as JSON, one object a line; throws when it is anything else. */
  lines(): Line[];
  last(): Line;
}

export interface Cli {
  /** A folder for projects and outputs. */
  readonly folder: string;
  /** Runs to the end. */
  run(...argv: string[]): Promise<CliResult>;
  /** With `--json`; throws unless it exits with 0. */
  json(...argv: string[]): Promise<Line[]>;
  /** Starts and does not wait. */
  start(...argv: string[]): ChildProcess;
  remove(): void;
}

export function createCli(): Cli {
  const folder = mkdtempSync(join(tmpdir(), 'fovea-cli-'));
  const start = (...argv: string[]): ChildProcess =>
    spawn(process.execPath, [entry, ...argv], {
      cwd: folder,
      env: {
        ...process.env,
        FOVEA_DATA_DIR: join(folder, 'data'),
        FOVEA_PROJECTS_DIR: join(folder, 'projects'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const run = async (...argv: string[]): Promise<CliResult> => {
    const child = start(...argv);
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    const lines = (): Line[] =>
      stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Line);
    return { code, signal, stdout, stderr, lines, last: () => lines().at(-1) ?? {} };
  };
  return {
    folder,
    start,
    run,
    async json(...argv) {
      const result = await run('--json', ...argv);
      if (result.code !== 0) {
        throw new Error(
          `fovea ${argv.join(' ')} ended with ${String(result.code)}: ${result.stderr}`,
        );
      }
      return result.lines();
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The same command line in this process: no start to wait for. */
export async function runHere(
  ...argv: string[]
): Promise<Pick<CliResult, 'code' | 'stdout' | 'stderr'>> {
  const written = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') => ({
    write: (text: string | Uint8Array) => ((written[name] += String(text)), true),
    isTTY: false,
    columns: 80,
  });
  const code = await runCli(argv, { stdout: sink('stdout'), stderr: sink('stderr') });
  return { code, ...written };
}
