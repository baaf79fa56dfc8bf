/**
 * A Python with the packages of requirements.txt: the one that FOVEA_INTEROP_PYTHON names, else a
 * virtual environment in the user's cache, made the first time and whenever the list changes.
 */
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const requirements = join(import.meta.dirname, 'requirements.txt');
const windows = process.platform === 'win32';

function environment(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return join(cache, 'fovea-interop');
}

export function python(): string {
  const program = windows ? ['Scripts', 'python.exe'] : ['bin', 'python'];
  return process.env['FOVEA_INTEROP_PYTHON'] ?? join(environment(), ...program);
}

/** Takes minutes, and the network, the first time. */
export function preparePython(): void {
  if (process.env['FOVEA_INTEROP_PYTHON'] !== undefined) return;
  const mark = join(environment(), 'installed.sha256');
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  const base = windows ? 'python' : 'python3';
  execFileSync(base, ['-m', 'venv', environment()], { stdio: 'inherit' });
  execFileSync(python(), ['-m', 'pip', 'install', '-r', requirements], { stdio: 'inherit' });
  writeFileSync(mark, wanted);
}

/** Answers what the program printed. */
export async function runPython(file: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(python(), [file, ...args], {
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '' },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}
