/** The backends that there may be, and what is known of them without loading any. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type { BackendId } from '../protocol.ts';
import { findTensorflow } from './tensorflow/find.ts';

/** Beyond this a small network's steps are too short to share. */
const MOST_THREADS = 8;

/** The machine's cores, or what the process may use of them. */
export function defaultThreads(): number {
  return Math.max(1, Math.min(MOST_THREADS, availableParallelism()));
}

export interface BackendChoice<Id extends BackendId = BackendId> {
  id: Id;
  label: string;
}

/** A backend with the name that people see. */
export function chooseBackend<Id extends BackendId>(id: Id, threads: number): BackendChoice<Id> {
  const labels: Record<BackendId, string> = {
    cpu: `CPU · ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    webgpu: 'WebGPU',
    cuda: 'CUDA',
    dml: 'DirectML',
    coreml: 'Core ML',
    tensorflow: 'TensorFlow',
  };
  return { id, label: labels[id] };
}

/** ONNX Runtime's providers that are not for every system. */
const platforms: Partial<Record<BackendId, readonly [NodeJS.Platform[], string]>> = {
  cuda: [['linux', 'win32'], 'Exists on Linux and Windows only.'],
  dml: [['win32'], 'Exists on Windows only.'],
  coreml: [['darwin'], 'Exists on macOS only.'],
};

/** Why a backend cannot work here, as far as the files tell; null where it is worth a try. */
export function missing(id: BackendId, tensorflowDir: string | undefined): string | null {
  const [systems, where] = platforms[id] ?? [];
  if (systems && !systems.includes(process.platform)) return where ?? null;
  if (id === 'cuda' && !existsSync(cudaLibrary())) {
    return 'Not installed: CUDA’s files of ONNX Runtime do not come with the app. The README says how to add them.';
  }
  if (id === 'tensorflow' && !findTensorflow(tensorflowDir)) {
    return 'Not installed: TensorFlow does not come with the app. The README has the command.';
  }
  return null;
}

const require = createRequire(import.meta.url);

function cudaLibrary(): string {
  const folder = dirname(require.resolve('onnxruntime-node/package.json'));
  const name =
    process.platform === 'win32'
      ? 'onnxruntime_providers_cuda.dll'
      : 'libonnxruntime_providers_cuda.so';
  return join(folder, 'bin', 'napi-v6', process.platform, process.arch, name);
}

export function runtimeVersion(): string {
  const { version } = require('onnxruntime-node/package.json') as { version: string };
  return version;
}
