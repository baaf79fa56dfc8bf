/** The epochs of a training, one after the other. */
import type { EpochMetrics } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { FloatTensor } from '../checkpoint/safetensors.ts';
import type { DataLoader } from '../data/loader.ts';
import type { TrainingData } from '../data/training-data.ts';
import { scoreSet, type Score } from '../predictor.ts';
import type { TrainJob, TrainResult } from '../protocol.ts';
import { Random } from '../random.ts';
import {
  beginning,
  nextPhase,
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
import { imagesOf, type Phase } from './phases.ts';
import type { Stepper } from './stepper.ts';
import type { Filming } from './filming.ts';
import type { TrainControl } from './trainer.ts';

const SAVE_EVERY_MS = 5 * 60_000;

export interface Session {
  phase: Phase;
  /** The phase's. */
  job: TrainJob;
  control: TrainControl;
  data: TrainingData;
  stepper: Stepper;
  film: Filming;
}

type End = Omit<TrainResult, 'parameters' | 'seconds'>;

/** How a phase ended, and what the next one begins with. */
export interface Ended {
  end: End;
  standing: Standing;
  parameters: ReadonlyMap<string, FloatTensor>;
}

/**
 * Trains to the end of the phase, or until it is stopped, paused, or no longer getting better.
 * @param before the phase before it, where that ended just now
 */
export async function runEpochs(session: Session, before: Ended | null = null): Promise<Ended> {
  const { job, control, stepper } = session;
  let standing = before ? nextPhase(job, before.standing) : beginning(job);
  if (before) {
    await stepper.restore({ parameters: before.parameters, slots: null }, 0);
  } else if (job.resume) {
    standing = await restore(session.phase, stepper);
    const { metrics, course } = standing;
    const best = metrics !== null && course.best?.epoch === metrics.epoch;
    control.emit({ type: 'resume', metrics, best });
  }
  const goesOn = job.resume === true || before !== null;
  await session.film.begin(standing.epoch, await stepper.parameters(), goesOn);
  const trail = new LossTrail();
  while (standing.epoch < job.epochs) {
    if (outOfPatience(job, standing.course)) return await finish(session, standing, true);
    const result = await runEpoch(session, standing, trail);
    if (result.paused) {
      return await ended(session, standing, { outcome: 'paused', partialSteps: result.batches });
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
    await saveEpoch(session.phase, stepper, standing, best);
    control.emit({ type: 'epoch', metrics, best });
    const isOver = session.phase.last && standing.epoch >= job.epochs;
    if (control.stopRequested() && !isOver) {
      return await ended(session, standing, { outcome: 'stopped' });
    }
  }
  return await finish(session, standing, false);
}

async function finish(session: Session, standing: Standing, stoppedEarly: boolean): Promise<Ended> {
  const { job } = session;
  const { epoch, course } = standing;
  const restoredBest = job.earlyStop?.restoreBest === true;
  if (restoredBest && course.best?.epoch !== epoch) await restoreBest(job);
  return await ended(session, standing, { stoppedEarly, restoredBest });
}

async function ended({ stepper }: Session, standing: Standing, how: Partial<End>): Promise<Ended> {
  const { epoch, course } = standing;
  // The stepper ends with its phase, its memory with it.
  const parameters = new Map(
    [...(await stepper.parameters())].map(([name, { shape, data }]) => [
      name,
      { shape, data: data.slice() },
    ]),
  );
  const end: End = {
    outcome: 'done',
    epochs: epoch,
    bestEpoch: course.best?.epoch ?? 0,
    partialSteps: 0,
    stoppedEarly: false,
    restoredBest: false,
    ...how,
  };
  return { end, standing, parameters };
}

type EpochResult =
  { paused: false; metrics: EpochMetrics } | { paused: true; /** Done. */ batches: number };

async function runEpoch(
  session: Session,
  standing: Standing,
  trail: LossTrail,
): Promise<EpochResult> {
  const { phase, job, control, stepper } = session;
  const { training, validation } = session.data;
  const epoch = standing.epoch + 1;
  const { partial } = standing;
  const started = performance.now() - (partial?.seconds ?? 0) * 1000;
  const images = imagesOf(phase);
  const stepsPerEpoch = Math.ceil(images / job.batch);
  const progress = new EpochProgress(
    {
      epoch,
      epochs: job.epochs,
      stepsPerEpoch,
      imagesPerEpoch: images,
      waited: () => training.waited,
      emit: control.emit,
    },
    partial,
  );
  const order = new Random(job.seed, 'shuffle', epoch).permutation(images);
  const copy = ((epoch - 1) % phase.copies) * images;
  if (copy > 0) order.forEach((position, index) => (order[index] = copy + position));
  const batches = training.batches({ epoch, order, from: progress.batches });
  let learningRate = job.learningRate;
  let saved = performance.now();
  for await (const { pixels, labels, size } of batches) {
    throwIfCancelled(control.signal);
    const paused = control.pauseRequested?.() ?? false;
    if (paused || performance.now() - saved > (control.saveEveryMs ?? SAVE_EVERY_MS)) {
      await saveStanding(phase, stepper, { ...standing, partial: progress.partial() }, 'resume');
      if (paused) return { paused, batches: progress.batches };
      saved = performance.now();
    }
    const steps = (job.epochs - phase.from) * stepsPerEpoch;
    const at = { step: stepper.steps, steps, epoch: epoch - phase.from };
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
