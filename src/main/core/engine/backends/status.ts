/** Which execution providers this machine has, and which one to use. Loads no runtime. */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { AppError } from '#shared/errors.ts';
import type { BackendId, BackendStatus, EngineInfo } from '../protocol.ts';

/** Beyond this a small network's steps are too short to share. */
const MOST_THREADS = 8;

/** The machine's cores, or what the process may use of them. */
export function defaultThreads(): number {
  return Math.max(1, Math.min(MOST_THREADS, availableParallelism()));
}

function cpuLabel(threads: number): string {
  return `CPU · ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}

export interface BackendChoice<Id extends BackendId = BackendId> {
  id: Id;
  label: string;
}

/** What `auto` or a named backend means here. Throws ENGINE_FAILED for one that cannot run. */
export function chooseBackend<Id extends BackendId>(
  wanted: Id | 'auto',
  threads: number,
): BackendChoice<Id | 'cpu'> {
  const id = wanted === 'auto' ? 'cpu' : wanted;
  const status = listBackends(threads).find((backend) => backend.id === id);
  if (!status?.available) {
    throw new AppError(
      'ENGINE_FAILED',
      `${status?.label ?? id} cannot be used: ${status?.reason ?? 'unknown'}`,
      {
        hint: 'Choose “auto” or “cpu”.',
      },
    );
  }
  return { id, label: status.label };
}

/**
 * The platform's providers. Nothing is loaded for this: a GPU driver that crashes must not take the
 * answer with it.
 */
export function listBackends(threads: number): BackendStatus[] {
  const { platform } = process;
  const bundled = 'comes with the app, but training on it is not enabled in this version.';
  const only = (where: string) => `exists on ${where} only.`;
  return [
    {
      id: 'cpu',
      label: cpuLabel(threads),
      available: true,
      reason: 'Chosen: works on every machine, and no other device is enabled in this version.',
    },
    { id: 'webgpu', label: 'WebGPU', available: false, reason: `WebGPU ${bundled}` },
    {
      id: 'cuda',
      label: 'CUDA',
      available: false,
      reason:
        platform === 'darwin'
          ? `CUDA ${only('Linux and Windows')}`
          : 'CUDA needs NVIDIA libraries that are not part of the app.',
    },
    {
      id: 'dml',
      label: 'DirectML',
      available: false,
      reason: `DirectML ${platform === 'win32' ? bundled : only('Windows')}`,
    },
    {
      id: 'coreml',
      label: 'Core ML',
      available: false,
      reason: `Core ML ${platform === 'darwin' ? bundled : only('macOS')}`,
    },
  ];
}

export function engineInfo(threads: number): EngineInfo {
  const { id, label } = chooseBackend('auto', threads);
  return {
    chosen: id,
    label,
    backends: listBackends(threads),
    versions: { node: process.versions.node, onnxruntime: runtimeVersion() },
  };
}

function runtimeVersion(): string {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as {
    version: string;
  };
  return version;
}
