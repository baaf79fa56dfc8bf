/**
 * The parts of a training one after the other. On a pretrained network there may be two: first what
 * is behind it learns alone, then more of the network too, with an optimizer and rates of its own.
 */
import { fineTuned } from '#shared/fine-tuning.ts';
import type { TrainJob } from '../protocol.ts';

export interface Phase {
  index: number;
  last: boolean;
  /** Whole epochs before it. */
  from: number;
  /** The training as it is in this phase; `epochs` is where it ends. */
  job: TrainJob;
  /** Layers at the model's beginning whose answers the sets hold in place of pixels. */
  prefix: number;
  /** How often each training image is in its set, differently varied; an epoch visits one of each. */
  copies: number;
}

/** Longer than any training: only the last phase ends early. */
const NEVER = 100_000;

export function phasesOf(job: TrainJob): Phase[] {
  const { finetune } = job;
  const whole = { from: 0, job, prefix: 0, copies: 1 };
  const after = finetune ? Math.min(finetune.after, job.epochs) : job.epochs;
  const phases: Omit<Phase, 'index' | 'last'>[] = [
    job.features ? { ...whole, ...onFeatures(job, job.features) } : whole,
  ];
  if (finetune && after < job.epochs) {
    const { learningRate, schedule } = finetune;
    const spec = fineTuned(job.spec, finetune);
    phases[0] = { ...phases[0]!, job: { ...phases[0]!.job, epochs: after, ...patient(job) } };
    phases.push({ ...whole, from: after, job: { ...job, spec, learningRate, schedule } });
  }
  return phases.map((phase, index) => ({ ...phase, index, last: index === phases.length - 1 }));
}

function onFeatures(
  job: TrainJob,
  { layers, copies, train, validation }: NonNullable<TrainJob['features']>,
): Pick<Phase, 'job' | 'prefix' | 'copies'> {
  return {
    prefix: layers,
    copies,
    job: { ...job, train, validation, augment: null, film: false },
  };
}

function patient({ earlyStop }: TrainJob): Pick<TrainJob, 'earlyStop'> {
  return { earlyStop: earlyStop && { ...earlyStop, patience: NEVER, restoreBest: false } };
}

/** Images of an epoch. */
export function imagesOf({ job, copies }: Pick<Phase, 'job' | 'copies'>): number {
  return job.train.slots.length / copies;
}
