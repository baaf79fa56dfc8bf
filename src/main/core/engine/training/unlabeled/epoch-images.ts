/** Which images each epoch visits, and in which order. */
import { imagesInEpochs, roundOf, unlabeledInEpoch, type ImageCounts } from '#shared/unlabeled.ts';
import type { TrainJob } from '../../protocol.ts';
import { Random } from '../../random.ts';
import type { Phase } from '../phases.ts';
import type { StepPosition } from '../schedule.ts';

type Part = { job: Job } & Partial<Pick<Phase, 'from' | 'copies'>>;
type Job = Pick<TrainJob, 'train' | 'unlabeled' | 'batch' | 'epochs' | 'seed'>;

/** Every labeled image once an epoch and, after the warm-up, so many unlabeled ones between them. */
export class EpochImages {
  readonly #job: Job;
  readonly #from: number;
  readonly #copies: number;
  readonly #labeled: Uint32Array;
  readonly #unlabeled: Uint32Array;
  readonly #counts: ImageCounts;

  /** @param phase of a training; images without a label have a training of one phase */
  constructor({ job, from = 0, copies = 1 }: Part) {
    this.#job = job;
    this.#from = from;
    this.#copies = copies;
    const { labels } = job.train;
    const all = Uint32Array.from(labels, (_, position) => position);
    this.#labeled = all.filter((position) => (labels[position] ?? -1) >= 0);
    this.#unlabeled = all.filter((position) => (labels[position] ?? -1) < 0);
    this.#counts = {
      labeled: this.#labeled.length / copies,
      unlabeled: this.#unlabeled.length,
    };
  }

  get #spec() {
    return this.#job.unlabeled ?? null;
  }

  /** Images of an epoch. */
  count(epoch: number): number {
    return this.#counts.labeled + unlabeledInEpoch(this.#spec, this.#counts, epoch);
  }

  /** Images of all epochs after this one. */
  after(epoch: number): number {
    const upTo = (last: number) => imagesInEpochs(this.#spec, this.#counts, last);
    return upTo(this.#job.epochs) - upTo(epoch);
  }

  steps(epoch: number): number {
    return Math.ceil(this.count(epoch) / this.#job.batch);
  }

  /** Steps of the first `epochs` epochs. */
  stepsIn(epochs: number): number {
    const first = Math.min(epochs, this.#spec?.warmup ?? epochs);
    return first * this.steps(1) + (epochs - first) * this.steps(Infinity);
  }

  /**
   * Where a step stands within its schedule, which begins anew with each round: what was learned has
   * come to rest before the model is asked again.
   */
  position(step: number, epoch: number): StepPosition {
    const { epochs } = this.#job;
    const spec = this.#spec;
    const round = roundOf(spec, epoch);
    const begin =
      spec === null || round === 0 ? this.#from : spec.warmup + (round - 1) * spec.round;
    const end = spec === null ? epochs : Math.min(epochs, spec.warmup + round * spec.round);
    // Steps count from the beginning of the phase, and so do epochs.
    const before = this.stepsIn(begin) - this.stepsIn(this.#from);
    const steps = this.stepsIn(end) - this.stepsIn(begin);
    return { step: step - before, steps, epoch: epoch - this.#from };
  }

  /**
   * Positions of the unlabeled images of an epoch. All of them are visited before one is again.
   */
  drawn(epoch: number): Uint32Array {
    const count = unlabeledInEpoch(this.#spec, this.#counts, epoch);
    const before = Math.max(0, epoch - 1 - (this.#spec?.warmup ?? 0)) * count;
    const size = this.#unlabeled.length;
    const drawn = new Uint32Array(count);
    let round = -1;
    let order: Uint32Array = new Uint32Array();
    for (let index = 0; index < count; index++) {
      const at = before + index;
      if (Math.floor(at / size) !== round) {
        round = Math.floor(at / size);
        order = new Random(this.#job.seed, 'unlabeled', round).permutation(size);
      }
      drawn[index] = this.#unlabeled[order[at % size] ?? 0] ?? 0;
    }
    return drawn;
  }

  /** Positions in the set; every batch has its share of the labeled images. */
  order(epoch: number): Uint32Array {
    const { seed } = this.#job;
    const { labeled: count } = this.#counts;
    const copy = ((epoch - 1) % this.#copies) * count;
    const shuffled = new Random(seed, 'shuffle', epoch).permutation(count);
    const labeled = shuffled.map((index) => this.#labeled[copy + index] ?? 0);
    return interleave(labeled, this.drawn(epoch));
  }
}

/** Both in their order, spread evenly. */
export function interleave(one: Uint32Array, other: Uint32Array): Uint32Array {
  const all = new Uint32Array(one.length + other.length);
  let taken = 0;
  for (let at = 0; at < all.length; at++) {
    const due = Math.floor(((at + 1) * one.length) / all.length);
    all[at] = (due > taken ? one[taken++] : other[at - taken]) ?? 0;
  }
  return all;
}
