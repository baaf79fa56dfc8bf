import { AppError } from '#shared/errors.ts';
import type { EpochMetrics } from '#shared/contract/index.ts';
import { promoteLast, writeCheckpoint, writeModelFile } from '../checkpoint/run-folder.ts';
import { batches } from '../data/batches.ts';
import { openPixels, type PixelSource } from '../data/pixels.ts';
import { summarize } from '../layers/summary.ts';
import { classWeightsOf } from '../losses.ts';
import { score, type Score } from '../predictor.ts';
import type { TensorSet, TrainEvent, TrainJob, TrainResult } from '../protocol.ts';
import { Random } from '../random.ts';
import { better } from './best.ts';
import { EpochProgress } from './progress.ts';
import { restoreLast } from './resume.ts';
import type { Stepper, TrainingBackend } from './stepper.ts';

export interface TrainControl {
  emit(event: TrainEvent): void;
  /** Aborting ends the training at the next step, without another checkpoint. */
  signal: AbortSignal;
  /** Asked after each epoch. */
  stopRequested(): boolean;
}

/**
 * Trains `job` on `backend`. Each epoch visits every image once in an order drawn from the seed,
 * validates, and writes its checkpoints before its event goes out. With `job.resume` it goes on after
 * the last checkpoint.
 *
 * Throws NOT_ENOUGH_DATA without images, CANCELLED when aborted, ENGINE_FAILED when the loss stops
 * being a number; the checkpoints of the epochs before remain.
 */
export async function train(
  job: TrainJob,
  backend: TrainingBackend,
  control: TrainControl,
): Promise<TrainResult> {
  const started = performance.now();
  check(job);
  const source = await openPixels(job.train);
  const stepper = backend.createStepper(
    {
      spec: job.spec,
      classes: job.classNames.length,
      classWeights: classWeightsOf(job.spec.classWeights, job.train.labels, job.classNames.length),
    },
    job.seed,
  );
  try {
    await stepper.prepare(Math.min(job.batch, job.train.slots.length));
    const { parameters } = summarize(job.spec, job.classNames.length);
    await writeModelFile(job.runDir, {
      spec: job.spec,
      classNames: job.classNames,
      seed: job.seed,
      parameters,
    });
    control.emit({
      type: 'start',
      backend: backend.id,
      label: backend.label,
      parameters,
      compileSeconds: (performance.now() - started) / 1000,
    });
    const { epochs, bestEpoch } = await runEpochs({ job, control, source, stepper });
    return {
      outcome: epochs === job.epochs ? 'done' : 'stopped',
      epochs,
      bestEpoch,
      parameters,
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    await stepper.dispose();
    await source.close();
  }
}

interface Session {
  job: TrainJob;
  control: TrainControl;
  source: PixelSource;
  stepper: Stepper;
}

async function runEpochs(session: Session): Promise<{ epochs: number; bestEpoch: number }> {
  const { job, control } = session;
  const reached = job.resume ? await restoreLast(job, session.stepper) : null;
  let best = reached?.best;
  if (reached) {
    const { metrics } = reached;
    const isBest = metrics.epoch === reached.best.epoch;
    // A crash between the two renames leaves the best checkpoint behind.
    if (isBest) await promoteLast(job.runDir);
    control.emit({ type: 'resume', metrics, best: isBest });
  }
  for (let epoch = (reached?.metrics.epoch ?? 0) + 1; epoch <= job.epochs; epoch++) {
    const metrics = await runEpoch(session, epoch);
    const isBest = best === undefined || better(metrics, best);
    if (isBest) best = metrics;
    await saveEpoch(session, metrics, isBest);
    control.emit({ type: 'epoch', metrics, best: isBest });
    if (control.stopRequested()) return { epochs: epoch, bestEpoch: best?.epoch ?? epoch };
  }
  return { epochs: job.epochs, bestEpoch: best?.epoch ?? job.epochs };
}

async function runEpoch(session: Session, epoch: number): Promise<EpochMetrics> {
  const { job, control, source, stepper } = session;
  const started = performance.now();
  const images = job.train.slots.length;
  const progress = new EpochProgress({
    epoch,
    epochs: job.epochs,
    stepsPerEpoch: Math.ceil(images / job.batch),
    imagesPerEpoch: images,
    emit: control.emit,
  });
  const order = new Random(job.seed, 'shuffle', epoch).permutation(images);
  for await (const { pixels, labels, size } of batches(job.train, source, order, job.batch)) {
    throwIfCancelled(control.signal);
    const { loss, correct } = await stepper.run(pixels, labels, job.learningRate);
    if (!Number.isFinite(loss)) throw diverged(loss, stepper.steps, epoch, job);
    progress.add(loss, correct, size);
  }
  const imagesPerSecond = progress.imagesPerSecond();
  throwIfCancelled(control.signal);
  const validation = job.validation ? await validate(session, job.validation) : null;
  return {
    epoch,
    ...progress.means(),
    valLoss: validation?.loss ?? null,
    valAccuracy: validation?.accuracy ?? null,
    learningRate: job.learningRate,
    imagesPerSecond,
    seconds: (performance.now() - started) / 1000,
  };
}

async function validate({ stepper, control }: Session, set: TensorSet): Promise<Score> {
  const program = await stepper.inference();
  try {
    return await score(program, stepper.model, set, { signal: control.signal });
  } finally {
    await program.dispose();
  }
}

async function saveEpoch(session: Session, metrics: EpochMetrics, best: boolean): Promise<void> {
  const { job, stepper } = session;
  await writeCheckpoint(job.runDir, 'last', {
    parameters: await stepper.parameters(),
    slots: await stepper.slots(),
    metadata: {
      format: 'fovea-checkpoint-1',
      model: job.spec.name,
      optimizer: job.spec.optimizer.type,
      seed: String(job.seed),
      epoch: String(metrics.epoch),
      step: String(stepper.steps),
      metrics: JSON.stringify(metrics),
    },
  });
  if (best) await promoteLast(job.runDir);
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError('CANCELLED', 'Training was cancelled.');
}

function diverged(loss: number, step: number, epoch: number, job: TrainJob): AppError {
  const found = Number.isNaN(loss) ? 'not a number' : 'infinite';
  return new AppError(
    'DIVERGED',
    `The loss became ${found} at step ${step} (epoch ${epoch}): training diverged.`,
    {
      hint:
        `The learning rate ${job.learningRate} is most likely too high: try ${job.learningRate / 10}. ` +
        (epoch > 1 ? 'The checkpoints of the epochs before are kept.' : ''),
    },
  );
}

function check(job: TrainJob): void {
  const { input } = job.spec;
  for (const [what, set] of [
    ['training', job.train],
    ['validation', job.validation],
  ] as const) {
    if (!set) continue;
    if (set.slots.length === 0) {
      throw new AppError('NOT_ENOUGH_DATA', `There are no ${what} images.`);
    }
    if (set.labels.length !== set.slots.length) {
      throw new RangeError(`${set.labels.length} labels for ${set.slots.length} ${what} images`);
    }
    const wrong = set.labels.findIndex((label) => label < 0 || label >= job.classNames.length);
    if (wrong >= 0) {
      throw new RangeError(`label ${set.labels[wrong]} of ${what} image ${wrong} is no class`);
    }
    if (
      set.height !== input.height ||
      set.width !== input.width ||
      set.channels !== input.channels
    ) {
      throw new AppError(
        'MODEL_INVALID',
        `The model takes ${input.height}×${input.width}×${input.channels}, but the ${what} images ` +
          `are ${set.height}×${set.width}×${set.channels}.`,
      );
    }
  }
}
