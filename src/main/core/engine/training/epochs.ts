/** The epochs of a training, one after the other. */
import type { EpochMetrics } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { DataLoader } from '../data/loader.ts';
import type { TrainingData } from '../data/training-data.ts';
import { scoreSet, type Score } from '../predictor.ts';
import type { TrainJob, TrainResult } from '../protocol.ts';
import {
  beginning,
  restore,
  restoreBest,
  saveEpoch,
  saveStanding,
  type Standing,
} from './checkpoints.ts';
import { afterEpoch, outOfPatience } from './course.ts';
import { checkEpoch, checkLoss, LossTrail } from './diverged.ts';
import { EpochProgress } from './progress.ts';
import { rateAt } from './schedule.ts';
import type { Stepper } from './stepper.ts';
import type { Filming } from './filming.ts';
import type { TrainControl } from './trainer.ts';
import type { EpochImages } from './unlabeled/epoch-images.ts';
import type { Teacher } from './unlabeled/teacher.ts';

const SAVE_EVERY_MS = 5 * 60_000;

export interface Session {
  job: TrainJob;
  control: TrainControl;
  data: TrainingData;
  stepper: Stepper;
  film: Filming;
  images: EpochImages;
  /** Null where every image has a label. */
  teacher: Teacher | null;
}

type End = Omit<TrainResult, 'parameters' | 'seconds'>;

/** Trains to the end of the job, or until it is stopped, paused, or no longer getting better. */
export async function runEpochs(session: Session): Promise<End> {
  const { job, control, stepper } = session;
  let standing = beginning(job);
  if (job.resume) {
    standing = await restore(job, stepper);
    const { metrics, course } = standing;
    const best = metrics !== null && course.best?.epoch === metrics.epoch;
    control.emit({ type: 'resume', metrics, best });
  }
  await session.film.begin(standing.epoch, await stepper.parameters(), job.resume === true);
  const trail = new LossTrail();
  while (standing.epoch < job.epochs) {
    if (outOfPatience(job, standing.course)) return await finish(job, standing, true);
    const result = await runEpoch(session, standing, trail);
    if (result.paused) {
      return end(standing, { outcome: 'paused', partialSteps: result.batches });
    }
    const { metrics } = result;
    const { state, best } = afterEpoch(
      { ...job, validates: job.validation !== null },
      standing.course,
      metrics,
    );
    standing = { epoch: metrics.epoch, metrics, course: state, partial: null };
    // First: a crash in between leaves a frame too many, which a training that goes on takes away.
    await session.film.take(standing.epoch, await stepper.parameters());
    await saveEpoch(job, stepper, standing, best);
    control.emit({ type: 'epoch', metrics, best });
    if (control.stopRequested() && standing.epoch < job.epochs) {
      return end(standing, { outcome: 'stopped' });
    }
  }
  return await finish(job, standing, false);
}

async function finish(job: TrainJob, standing: Standing, stoppedEarly: boolean): Promise<End> {
  const { epoch, course } = standing;
  const restoredBest = job.earlyStop?.restoreBest === true;
  if (restoredBest && course.best?.epoch !== epoch) await restoreBest(job);
  return end(standing, { stoppedEarly, restoredBest });
}

function end({ epoch, course }: Standing, how: Partial<End>): End {
  return {
    outcome: 'done',
    epochs: epoch,
    bestEpoch: course.best?.epoch ?? 0,
    partialSteps: 0,
    stoppedEarly: false,
    restoredBest: false,
    ...how,
  };
}

type EpochResult =
  { paused: false; metrics: EpochMetrics } | { paused: true; /** Done. */ batches: number };

async function runEpoch(
  session: Session,
  standing: Standing,
  trail: LossTrail,
): Promise<EpochResult> {
  const { job, control, stepper, images, teacher } = session;
  const { training, validation } = session.data;
  const epoch = standing.epoch + 1;
  const { partial } = standing;
  const started = performance.now() - (partial?.seconds ?? 0) * 1000;
  const progress = new EpochProgress(
    {
      epoch,
      stepsPerEpoch: images.steps(epoch),
      stepsBefore: images.stepsIn(epoch - 1),
      images: images.count(epoch),
      imagesAfter: images.after(epoch),
      waited: () => training.waited,
      emit: control.emit,
    },
    partial,
  );
  await teacher?.prepare(epoch, stepper, control.signal);
  const order = images.order(epoch);
  const targets = teacher?.targets(order);
  const batches = training.batches({ epoch, order, targets, from: progress.batches });
  let learningRate = job.learningRate;
  let saved = performance.now();
  for await (const { pixels, labels, size } of batches) {
    throwIfCancelled(control.signal);
    const paused = control.pauseRequested?.() ?? false;
    if (paused || performance.now() - saved > (control.saveEveryMs ?? SAVE_EVERY_MS)) {
      await saveStanding(job, stepper, { ...standing, partial: progress.partial() }, 'resume');
      if (paused) return { paused, batches: progress.batches };
      saved = performance.now();
    }
    const at = images.position(stepper.steps, epoch);
    learningRate = rateAt(job.schedule, job.learningRate, at, standing.course.plateau.rate);
    const { loss, correct } = await stepper.run(pixels, labels, learningRate);
    const place = { job, epoch, step: stepper.steps, learningRate };
    checkLoss(loss, place, trail);
    progress.add(loss, correct, size);
  }
  const imagesPerSecond = progress.imagesPerSecond();
  const dataWait = progress.dataWait();
  throwIfCancelled(control.signal);
  const score = validation && isValidated(job, epoch) ? await validate(session, validation) : null;
  const metrics = {
    epoch,
    ...progress.means(),
    valLoss: score?.loss ?? null,
    valAccuracy: score?.accuracy ?? null,
    learningRate,
    imagesPerSecond,
    dataWait,
    ...teacher?.report(),
    seconds: (performance.now() - started) / 1000,
  };
  const place = { job, epoch, step: stepper.steps, learningRate };
  checkEpoch(metrics, await stepper.parameters(), place, trail);
  return { paused: false, metrics };
}

function isValidated({ epochs, validateEvery = 1 }: TrainJob, epoch: number): boolean {
  return epoch === 1 || epoch === epochs || epoch % validateEvery === 0;
}

async function validate({ stepper, control }: Session, images: DataLoader): Promise<Score> {
  const program = await stepper.inference();
  try {
    return await scoreSet(program, stepper.model, images, { signal: control.signal });
  } finally {
    await program.dispose();
  }
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError('CANCELLED', 'Training was cancelled.');
}
