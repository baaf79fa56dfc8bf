import { writeModelFile } from '../checkpoint/run-folder.ts';
import { openTrainingData } from '../data/training-data.ts';
import { summarize } from '../layers/summary.ts';
import { classWeightsOf } from '../losses.ts';
import type { TrainEvent, TrainJob, TrainResult } from '../protocol.ts';
import { checkJob } from './check-job.ts';
import { runEpochs } from './epochs.ts';
import { Filming } from './filming.ts';
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
  const stepper = backend.createStepper(stepperOptions(job), job.seed);
  const data = await openTrainingData(job);
  const film = new Filming(job, stepper.model);
  const images = new EpochImages(job);
  const teacher = job.unlabeled && data.plain ? new Teacher(job, job.unlabeled, data.plain) : null;
  try {
    await stepper.prepare(Math.min(job.batch, images.count(1)));
    const { parameters } = summarize(job.spec, job.classNames.length);
    await writeModelFile(job.runDir, {
      spec: job.spec,
      classNames: job.classNames,
      seed: job.seed,
      parameters,
      views: job.views ?? null,
    });
    control.emit({
      type: 'start',
      backend: backend.id,
      label: backend.label,
      parameters,
      compileSeconds: (performance.now() - started) / 1000,
    });
    const end = await runEpochs({ job, control, data, stepper, film, images, teacher });
    return { ...end, parameters, seconds: (performance.now() - started) / 1000 };
  } finally {
    await film.close();
    await stepper.dispose();
    await data.close();
  }
}

export function stepperOptions({
  spec,
  classNames,
  train: { labels },
  averaging,
}: Pick<TrainJob, 'spec' | 'classNames' | 'train' | 'averaging'>): StepperOptions {
  const classes = classNames.length;
  const classWeights = classWeightsOf(
    spec.classWeights,
    labels.filter((label) => label >= 0),
    classes,
  );
  return { spec, classes, classWeights, averaging };
}
