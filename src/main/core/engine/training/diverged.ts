/** A loss that is no number any more: where it happened, and what the evidence says of the cause. */
import type { EpochMetrics } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import type { ParameterValues } from '../programs/parameters.ts';
import type { TrainJob } from '../protocol.ts';

export interface Place {
  job: TrainJob;
  epoch: number;
  /** 1-based step of the whole training. */
  step: number;
  /** Of this step. */
  learningRate: number;
}

const REMEMBERED = 32;
const FIRST_STEPS = 10;
/** A loss this many times the lowest of the steps before was climbing. */
const CLIMB = 3;
/** What a first layer should not see more of: weights are drawn for inputs of about 1. */
const LARGE_INPUT = 16;

/** The losses of the last steps. */
export class LossTrail {
  #losses: number[] = [];

  push(loss: number): void {
    this.#losses.push(loss);
    if (this.#losses.length > REMEMBERED) this.#losses.shift();
  }

  get empty(): boolean {
    return this.#losses.length === 0;
  }

  /** From the lowest remembered loss to the last one, where that is much higher. */
  climb(): { from: number; to: number; steps: number } | null {
    const to = this.#losses.at(-1);
    if (to === undefined) return null;
    const from = Math.min(...this.#losses);
    if (to < from * CLIMB) return null;
    return { from, to, steps: this.#losses.length - this.#losses.lastIndexOf(from) };
  }
}

/** Remembers the loss of a step; throws DIVERGED if it is no number. */
export function checkLoss(loss: number, place: Place, trail: LossTrail): void {
  if (!Number.isFinite(loss)) {
    const found = Number.isNaN(loss) ? 'not a number' : 'infinite';
    throw diverged(`The loss became ${found}`, place, trail);
  }
  trail.push(loss);
}

/** Before an epoch is saved, so that no checkpoint holds what cannot be used. Throws DIVERGED. */
export function checkEpoch(
  { valLoss }: EpochMetrics,
  parameters: ParameterValues,
  place: Place,
  trail: LossTrail,
): void {
  for (const [name, { data }] of parameters) {
    if (!data.every(Number.isFinite)) {
      throw diverged(`${name} holds values that are no numbers`, place, trail);
    }
  }
  if (!Number.isFinite(valLoss ?? 0)) {
    throw diverged('The validation loss is not a number', place, trail);
  }
}

function diverged(what: string, place: Place, trail: LossTrail): AppError {
  const { step, epoch } = place;
  const kept =
    epoch > 1
      ? ` The checkpoint of epoch ${epoch - 1} is kept.`
      : ' No epoch had ended, so no model is kept.';
  return new AppError(
    'DIVERGED',
    `${what} at step ${step} (epoch ${epoch}): training diverged.${kept}`,
    { hint: likelyCause(place, trail) },
  );
}

/** The likely cause with what speaks for it, and what to do. */
function likelyCause({ job, step, learningRate }: Place, trail: LossTrail): string {
  const { spec } = job;
  const input = largestInput(spec);
  if (input > LARGE_INPUT) {
    return (
      `The first trainable layer sees values up to ${short(input)}: the images are not scaled to ` +
      'about 1. Change the rescaling at the start of the model.'
    );
  }
  if (step === 1 && trail.empty) {
    return (
      'It was so before any weight had changed: the model itself gives no numbers. ' +
      'Add normalisation, or start from smaller weights.'
    );
  }
  const rate = `the learning rate ${short(learningRate)}`;
  const lower = `Try ${short(job.learningRate / 10)}, or let a rate be found.`;
  const climb = trail.climb();
  if (climb) {
    return (
      `The loss had climbed from ${short(climb.from)} to ${short(climb.to)} ` +
      `within ${climb.steps} ${climb.steps === 1 ? 'step' : 'steps'}: ${rate} is too high. ${lower}`
    );
  }
  if (step <= FIRST_STEPS) {
    return `It took only ${step === 1 ? 'a step' : `${step} steps`}: ${rate} is most likely too high. ${lower}`;
  }
  return spec.optimizer.clipNorm === undefined
    ? 'It came at once, out of a loss that was not climbing: a gradient exploded. ' +
        'Clip gradients (clipNorm), or lower the rate.'
    : `It came at once although gradients are clipped: ${rate} may be too high. ${lower}`;
}

/** Largest size that a pixel can have after the scaling layers at the start; they arrive as 0…1. */
function largestInput({ layers }: ModelSpec): number {
  let ends = [0, 1];
  for (const layer of layers) {
    if (layer.type === 'rescaling') {
      ends = ends.map((value) => value * layer.scale + (layer.offset ?? 0));
    } else if (layer.type === 'normalization') {
      ends = ends.flatMap((value) =>
        layer.mean.map((mean, at) => (value - mean) / Math.sqrt(layer.variance[at] ?? 1)),
      );
    } else if (layer.type !== 'zeropadding2d') break;
  }
  return Math.max(...ends.map(Math.abs));
}

/** Two digits, as a person would type it. */
function short(value: number): string {
  return String(Number(value.toPrecision(2)));
}
