import { noBackbones, type Backbones } from '../backbones/backbones.ts';
import { openBackbones } from '../backbones/open.ts';
import { relativeTo, writeModelFile } from '../checkpoint/run-folder.ts';
import { openTrainingData } from '../data/training-data.ts';
import { summarize } from '../layers/summary.ts';
import { classWeightsOf } from '../losses.ts';
import type { TrainEvent, TrainJob, TrainResult } from '../protocol.ts';
import { startingWeights } from '../start/weights.ts';
import { checkJob } from './check-job.ts';
import { newestPhase } from './checkpoints.ts';
import { runEpochs, type Ended } from './epochs.ts';
import { Filming } from './filming.ts';
import { phasesOf, type Phase } from './phases.ts';
import type { StepperOptions, TrainingBackend } from './stepper.ts';
import { EpochImages } from './unlabeled/epoch-images.ts';
import { Teacher } from './unlabeled/teacher.ts';

export interface TrainControl {
  emit(event: TrainEvent): void;
  /** Aborting ends the training at the next step, without another checkpoint. */
  signal: AbortSignal;
  /** Asked after each epoch. */
  stopRequested(): boolean;
  /** Asked before each step. */
  pauseRequested?(): boolean;
  /** An epoch that takes longer is saved in between too. */
  saveEveryMs?: number;
}

/**
 * Trains `job` on `backend`. Each epoch visits every image once in an order drawn from the seed,
 * validates, and writes its checkpoints before its event goes out. With `job.resume` it goes on after
 * the newest checkpoint.
 *
 * Throws NOT_ENOUGH_DATA without images, CANCELLED when aborted, DIVERGED when the loss stops being a
 * number; the checkpoints of the epochs before remain.
 */
export async function train(
  job: TrainJob,
  backend: TrainingBackend,
  control: TrainControl,
): Promise<TrainResult> {
  const started = performance.now();
  checkJob(job);
  const backbones = await openBackbones(job.backbones);
  const { parameters } = summarize(job.spec, job.classNames.length, backbones);
  const phases = phasesOf(job);
  const first = job.resume ? await newestPhase(job.runDir) : 0;
  const context = { backend, control, backbones, parameters, started };
  let ended: Ended | null = null;
  for (const phase of phases.slice(Math.min(first, phases.length - 1))) {
    ended = await trainPhase(phase, context, ended);
    if (ended.end.outcome !== 'done') break;
  }
  if (!ended) throw new RangeError('a training has a phase');
  return { ...ended.end, parameters, seconds: (performance.now() - started) / 1000 };
}

interface Context {
  backend: TrainingBackend;
  control: TrainControl;
  backbones: Backbones;
  /** Of the model. */
  parameters: number;
  started: number;
}

/** @param before the phase that ended just now; null at the beginning, or where a training goes on */
async function trainPhase(
  phase: Phase,
  { backend, control, backbones, parameters, started }: Context,
  before: Ended | null,
): Promise<Ended> {
  const { job, prefix } = phase;
  if (before) control.emit({ type: 'finetune' });
  const stepper = backend.createStepper({ ...stepperOptions(job, backbones), prefix }, job.seed);
  const data = await openTrainingData(job);
  const film = new Filming(job, stepper.model);
  const images = new EpochImages(phase);
  const teacher = job.unlabeled && data.plain ? new Teacher(job, job.unlabeled, data.plain) : null;
  try {
    await stepper.prepare(Math.min(job.batch, images.count(phase.from + 1)));
    if (!before) {
      await writeModelFile(job.runDir, {
        spec: job.spec,
        classNames: job.classNames,
        seed: job.seed,
        parameters,
        views: job.views ?? null,
        backbones: relativeTo(job.runDir, job.backbones),
      });
      control.emit({
        type: 'start',
        backend: backend.id,
        label: backend.label,
        parameters,
        compileSeconds: (performance.now() - started) / 1000,
      });
    }
    if (!before && job.start && !job.resume) {
      const parameters = await startingWeights(job, job.start, stepper.layout, backbones);
      await stepper.restore({ parameters, slots: null }, 0);
    }
    return await runEpochs({ phase, job, control, data, stepper, film, images, teacher }, before);
  } finally {
    await film.close();
    await stepper.dispose();
    await data.close();
  }
}

export function stepperOptions(
  {
    spec,
    classNames,
    train: { labels },
    averaging,
  }: Pick<TrainJob, 'spec' | 'classNames' | 'train' | 'averaging'>,
  backbones: Backbones = noBackbones,
): StepperOptions {
  const classes = classNames.length;
  const classWeights = classWeightsOf(
    spec.classWeights,
    labels.filter((label) => label >= 0),
    classes,
  );
  return { spec, classes, classWeights, averaging, backbones };
}
