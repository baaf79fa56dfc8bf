/** Going on with another backend when one fails. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { toErrorInfo, type ErrorCode } from '#shared/errors.ts';
import { runFiles, type BackendId, type TrainJob } from './protocol.ts';

/** What another device may do better. Anything else would happen there too. */
const worthAnother: readonly ErrorCode[] = ['ENGINE_FAILED', 'OUT_OF_MEMORY', 'INTERNAL'];

export function canFallBack(error: unknown): boolean {
  return worthAnother.includes(toErrorInfo(error).code);
}

/** The same training after its last checkpoint, or from the start where there is none yet. */
export function continued(job: TrainJob, backend: BackendId): TrainJob {
  const saved = existsSync(join(job.runDir, runFiles.checkpoint('last')));
  return { ...job, backend, resume: saved };
}

/** 'WebGPU failed (…). CPU · 2 threads went on after the last checkpoint.' */
export function fallbackText(from: string, to: string, error: unknown, resumed: boolean): string {
  const said = toErrorInfo(error).message.replace(/\s+/g, ' ').replace(/\.$/, '').slice(0, 300);
  const point = resumed ? 'after the last checkpoint' : 'from the start';
  return `${from} failed: ${said}. ${to} went on ${point}.`;
}
