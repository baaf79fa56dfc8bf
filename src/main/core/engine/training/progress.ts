/** Running means of an epoch, and the points of the per-batch line. */
import type { TrainEvent } from '../protocol.ts';
import type { PartialEpoch } from './checkpoints.ts';

const INTERVAL_MS = 100;

export interface EpochProgressOptions {
  epoch: number;
  stepsPerEpoch: number;
  /** Of the epochs before. */
  stepsBefore: number;
  images: number;
  /** Of the epochs to come. */
  imagesAfter: number;
  /** Milliseconds that the device has waited for images since whenever. */
  waited(): number;
  emit(event: TrainEvent): void;
}

export class EpochProgress {
  readonly #options: EpochProgressOptions;
  readonly #started: number;
  readonly #waitedBefore: number;
  #lossSum: number;
  #correct: number;
  #images: number;
  #steps: number;
  #sincePoint = { lossSum: 0, correct: 0, images: 0, at: performance.now() };

  /** @param from where an epoch is taken up in its middle */
  constructor(options: EpochProgressOptions, from: PartialEpoch | null = null) {
    this.#options = options;
    this.#waitedBefore = options.waited();
    this.#started = performance.now() - (from?.seconds ?? 0) * 1000;
    this.#lossSum = from?.lossSum ?? 0;
    this.#correct = from?.correct ?? 0;
    this.#images = from?.images ?? 0;
    this.#steps = from?.batches ?? 0;
  }

  /** Taken so far. */
  get batches(): number {
    return this.#steps;
  }

  partial(): PartialEpoch {
    return {
      batches: this.#steps,
      images: this.#images,
      lossSum: this.#lossSum,
      correct: this.#correct,
      seconds: (performance.now() - this.#started) / 1000,
    };
  }

  /** Adds one batch; emits a point if the last one is long enough ago, or the epoch ends. */
  add(loss: number, correct: number, size: number): void {
    this.#lossSum += loss * size;
    this.#correct += correct;
    this.#images += size;
    this.#steps++;
    const point = this.#sincePoint;
    point.lossSum += loss * size;
    point.correct += correct;
    point.images += size;
    const now = performance.now();
    const { epoch, stepsPerEpoch, stepsBefore, images, imagesAfter, emit } = this.#options;
    const ended = this.#steps === stepsPerEpoch;
    if (!ended && now - point.at < INTERVAL_MS) return;
    const rate = this.imagesPerSecond();
    const left = images - this.#images + imagesAfter;
    emit({
      type: 'batch',
      epoch,
      step: stepsBefore + this.#steps,
      stepsPerEpoch,
      at: epoch - 1 + this.#steps / stepsPerEpoch,
      loss: point.lossSum / point.images,
      accuracy: point.correct / point.images,
      imagesPerSecond: rate,
      dataWait: this.dataWait(),
      etaSeconds: rate > 0 ? left / rate : null,
    });
    this.#sincePoint = { lossSum: 0, correct: 0, images: 0, at: now };
  }

  /** Means over every image so far, each counted once, as Keras reports them. */
  means(): { loss: number; accuracy: number } {
    return { loss: this.#lossSum / this.#images, accuracy: this.#correct / this.#images };
  }

  /** Share of the epoch's time so far in which the device waited for images, 0 to 1. */
  dataWait(): number {
    const passed = performance.now() - this.#started;
    return passed > 0 ? Math.min(1, (this.#options.waited() - this.#waitedBefore) / passed) : 0;
  }

  imagesPerSecond(): number {
    const seconds = (performance.now() - this.#started) / 1000;
    return seconds > 0 ? this.#images / seconds : 0;
  }
}
