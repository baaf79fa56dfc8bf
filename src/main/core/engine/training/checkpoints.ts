/** What a training writes down to go on from, and how it goes on from it. */
import * as z from 'zod';
import type { EpochMetrics } from '#shared/contract/index.ts';
import { epochMetrics } from '#shared/contract/runs.ts';
import { AppError } from '#shared/errors.ts';
import {
  checkpointExists,
  dropCheckpoint,
  linkCheckpoint,
  loadCheckpoint,
  readMetadata,
  writeCheckpoint,
  type LoadedCheckpoint,
} from '../checkpoint/run-folder.ts';
import type { CheckpointFile, TrainJob } from '../protocol.ts';
import type { FloatTensor } from '../checkpoint/safetensors.ts';
import type { ParameterLayout } from '../programs/parameters.ts';
import { courseState, startCourse, type CourseState } from './course.ts';
import type { Phase } from './phases.ts';
import type { Stepper } from './stepper.ts';

/** The sums of an epoch that is under way. */
export const partialEpoch = z.object({
  batches: z.number().int().min(0),
  images: z.number().int(),
  lossSum: z.number(),
  correct: z.number(),
  seconds: z.number(),
});
export type PartialEpoch = z.infer<typeof partialEpoch>;

/** Where a training stands, beside weights and optimizer. */
export interface Standing {
  /** Whole epochs. */
  epoch: number;
  /** Of the last whole epoch. */
  metrics: EpochMetrics | null;
  course: CourseState;
  /** The epoch after, as far as it is. */
  partial: PartialEpoch | null;
}

export function beginning(job: TrainJob): Standing {
  return { epoch: 0, metrics: null, course: startCourse(job), partial: null };
}

/** What the next phase begins with: other rates, and new patience. */
export function nextPhase(job: TrainJob, { course, ...standing }: Standing): Standing {
  return { ...standing, course: { ...startCourse(job), best: course.best } };
}

export async function saveStanding(
  { index, job }: Phase,
  stepper: Stepper,
  standing: Standing,
  which: CheckpointFile,
): Promise<void> {
  await writeCheckpoint(job.runDir, which, {
    parameters: withoutGiven(await stepper.parameters(), stepper.layout, job),
    slots: await stepper.slots(),
    metadata: {
      format: 'fovea-checkpoint-1',
      model: job.spec.name,
      optimizer: job.spec.optimizer.type,
      seed: String(job.seed),
      epoch: String(standing.epoch),
      step: String(stepper.steps),
      phase: String(index),
      metrics: JSON.stringify(standing.metrics),
      course: JSON.stringify(standing.course),
      partial: JSON.stringify(standing.partial),
    },
  });
}

/**
 * What never changes lies in the pretrained network's own file, unless a training began with other
 * weights than those.
 */
function withoutGiven(
  parameters: ReadonlyMap<string, FloatTensor>,
  { frozen }: ParameterLayout,
  { start }: TrainJob,
): Map<string, FloatTensor> {
  const kept = new Map(parameters);
  for (const { fullName, initializer } of frozen.entries) {
    if (initializer.type !== 'given') continue;
    const data = kept.get(fullName)?.data;
    if (!start || !data || isEqual(data, initializer.values())) kept.delete(fullName);
  }
  return kept;
}

function isEqual(one: Float32Array, other: Float32Array): boolean {
  return one.length === other.length && one.every((value, at) => value === other[at]);
}

/** After a whole epoch. What was saved in the middle of it is older now, and goes. */
export async function saveEpoch(
  phase: Phase,
  stepper: Stepper,
  standing: Standing,
  best: boolean,
): Promise<void> {
  const { runDir } = phase.job;
  await saveStanding(phase, stepper, standing, 'last');
  if (best) await linkCheckpoint(runDir, 'last', 'best');
  await dropCheckpoint(runDir, 'resume');
}

/** Makes the best weights the last ones too; a training that goes on does so from what they were. */
export async function restoreBest(job: TrainJob): Promise<void> {
  // No epoch since it was done: the last checkpoint is the best one already.
  if (checkpointExists(job.runDir, 'resume')) return;
  await linkCheckpoint(job.runDir, 'last', 'resume');
  await linkCheckpoint(job.runDir, 'best', 'last');
}

/**
 * Puts the newest checkpoint's weights, optimizer state and step count into `stepper`. Orders and
 * dropout masks need no restoring: they are drawn from seed, epoch and step alone.
 *
 * Throws RUN_NOT_READY without a checkpoint, SOURCE_UNREADABLE for a damaged or foreign one.
 */
export async function restore(phase: Phase, stepper: Stepper): Promise<Standing> {
  const { job } = phase;
  const checkpoint = await newest(job, stepper);
  const { metadata } = checkpoint;
  if (metadata['seed'] !== String(job.seed)) throw damaged('It was made with another seed.');
  const standing: Standing = {
    epoch: Number(metadata['epoch']),
    metrics: parse(epochMetrics.nullable(), metadata['metrics']),
    course: parse(courseState, metadata['course']),
    partial: parse(partialEpoch.nullable(), metadata['partial']),
  };
  const { epoch, course } = standing;
  if (phaseOf(metadata) < phase.index) {
    // It ended with the phase before.
    await stepper.restore({ ...checkpoint, slots: null }, 0);
    return nextPhase(job, standing);
  }
  await stepper.restore(checkpoint, stepsOf(checkpoint));
  // A crash between the two renames leaves the best checkpoint behind.
  if (epoch > 0 && course.best?.epoch === epoch && standing.partial === null) {
    await linkCheckpoint(job.runDir, 'last', 'best');
  }
  if (job.patienceAnew) course.wait = 0;
  return standing;
}

/** The phase that the newest checkpoint was made in; the first where there is none. */
export async function newestPhase(runDir: string): Promise<number> {
  const found = await Promise.all(
    (['resume', 'last'] as const)
      .filter((which) => checkpointExists(runDir, which))
      .map((which) => readMetadata(runDir, which)),
  );
  return Math.max(0, ...found.map(phaseOf));
}

/** A crash may leave one behind that was saved in the middle of an epoch that is whole by now. */
async function newest({ runDir }: TrainJob, { model }: Stepper): Promise<LoadedCheckpoint> {
  if (!checkpointExists(runDir, 'resume')) return await loadCheckpoint(runDir, 'last', model);
  const resume = await loadCheckpoint(runDir, 'resume', model);
  if (!checkpointExists(runDir, 'last')) return resume;
  const last = await loadCheckpoint(runDir, 'last', model);
  return isLater(resume.metadata, last.metadata) ? resume : last;
}

type Metadata = LoadedCheckpoint['metadata'];

/** Steps count from the beginning of each phase. */
function isLater(one: Metadata, other: Metadata): boolean {
  if (phaseOf(one) !== phaseOf(other)) return phaseOf(one) > phaseOf(other);
  return Number(one['step']) > Number(other['step']);
}

/** In trainings of before, all was one phase. */
function phaseOf(metadata: Metadata): number {
  return Number(metadata['phase'] ?? 0);
}

function parse<T>(schema: z.ZodType<T>, text: string | undefined): T {
  try {
    return schema.parse(JSON.parse(text ?? ''));
  } catch (error) {
    throw damaged('It does not say how far it is.', error);
  }
}

function stepsOf({ metadata }: LoadedCheckpoint): number {
  const steps = Number(metadata['step'] ?? NaN);
  if (!Number.isInteger(steps) || steps < 0) throw damaged('Its step cannot be read.');
  return steps;
}

function damaged(why: string, cause?: unknown): AppError {
  return new AppError('SOURCE_UNREADABLE', `The last checkpoint cannot be resumed. ${why}`, {
    hint: 'Train again with the same settings.',
    cause,
  });
}
