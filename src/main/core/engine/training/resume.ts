/** Picking a training up where its last checkpoint left it. */
import { epochMetrics } from '#shared/contract/runs.ts';
import type { EpochMetrics } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { loadCheckpoint, type LoadedCheckpoint } from '../checkpoint/run-folder.ts';
import type { ResolvedModel } from '../layers/resolve.ts';
import type { TrainJob } from '../protocol.ts';
import { better } from './best.ts';
import type { Stepper } from './stepper.ts';

export interface Reached {
  /** Of the epoch that the last checkpoint holds. */
  metrics: EpochMetrics;
  /** Of the best epoch so far. */
  best: EpochMetrics;
}

/**
 * Puts the last checkpoint's weights, optimizer state and step count into `stepper`. Nothing else
 * needs restoring: orders and dropout masks are drawn from seed, epoch and step alone.
 *
 * Throws RUN_NOT_READY without a checkpoint, SOURCE_UNREADABLE for a damaged or foreign one.
 */
export async function restoreLast(job: TrainJob, stepper: Stepper): Promise<Reached> {
  const { model } = stepper;
  const last = await loadCheckpoint(job.runDir, 'last', model);
  const metrics = metricsOf(last);
  if (last.metadata['seed'] !== String(job.seed)) {
    throw damaged('It was made with another seed.');
  }
  await stepper.restore(last, stepsOf(last));
  return { metrics, best: await bestMetrics(job, model, metrics) };
}

/** After a crash between the two renames, the best checkpoint is missing or an epoch behind. */
async function bestMetrics(
  job: TrainJob,
  model: ResolvedModel,
  last: EpochMetrics,
): Promise<EpochMetrics> {
  try {
    const best = metricsOf(await loadCheckpoint(job.runDir, 'best', model));
    return better(last, best) ? last : best;
  } catch (error) {
    if (error instanceof AppError && error.code === 'RUN_NOT_READY') return last;
    throw error;
  }
}

function metricsOf({ metadata }: LoadedCheckpoint): EpochMetrics {
  try {
    return epochMetrics.parse(JSON.parse(metadata['metrics'] ?? ''));
  } catch (error) {
    throw damaged('Its epoch cannot be read.', error);
  }
}

function stepsOf({ metadata }: LoadedCheckpoint): number {
  const steps = Number(metadata['step']);
  if (!Number.isInteger(steps) || steps < 1) throw damaged('Its step cannot be read.');
  return steps;
}

function damaged(why: string, cause?: unknown): AppError {
  return new AppError('SOURCE_UNREADABLE', `The last checkpoint cannot be resumed. ${why}`, {
    hint: 'Train again with the same settings.',
    cause,
  });
}
