/** Going on with another backend when one fails. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { toErrorInfo, type ErrorCode } from '#shared/errors.ts';
import { runFiles, type BackendId, type TrainJob, type TrainResult } from './protocol.ts';

/** What another device may do better. Anything else would happen there too. */
const worthAnother: readonly ErrorCode[] = ['ENGINE_FAILED', 'OUT_OF_MEMORY', 'INTERNAL'];

function canFallBack(error: unknown): boolean {
  return worthAnother.includes(toErrorInfo(error).code);
}

/** What training on several backends, one after the other, needs of its caller. */
export interface Attempts {
  attempt(job: TrainJob): Promise<TrainResult>;
  /** Cancelled or closed: no other backend is tried. */
  isOver(): boolean;
  onFallback(from: BackendId, to: BackendId, error: unknown, resumed: boolean): void;
  /** The last one's failure, with what can be said about it. */
  explained(error: unknown): Promise<unknown>;
}

/** Trains on the first backend of `order`; where one fails, the next goes on. */
export async function trainAcross(
  job: TrainJob,
  [backend, next, ...others]: readonly BackendId[],
  attempts: Attempts,
): Promise<TrainResult> {
  if (backend === undefined) throw new RangeError('no backend to train on');
  try {
    return await attempts.attempt({ ...job, backend });
  } catch (error) {
    if (attempts.isOver() || !canFallBack(error)) throw error;
    if (next === undefined) throw await attempts.explained(error);
    const rest = continued(job);
    attempts.onFallback(backend, next, error, rest.resume === true);
    return await trainAcross(rest, [next, ...others], attempts);
  }
}

/** The same training after its last checkpoint, or from the start where there is none yet. */
function continued(job: TrainJob): TrainJob {
  const saved = (['last', 'resume'] as const).some((which) =>
    existsSync(join(job.runDir, runFiles.checkpoint(which))),
  );
  return { ...job, resume: saved };
}

/** 'WebGPU failed (…). CPU · 2 threads went on after the last checkpoint.' */
export function fallbackText(from: string, to: string, error: unknown, resumed: boolean): string {
  const said = toErrorInfo(error).message.replace(/\s+/g, ' ').replace(/\.$/, '').slice(0, 300);
  const point = resumed ? 'after the last checkpoint' : 'from the start';
  return `${from} failed: ${said}. ${to} went on ${point}.`;
}
