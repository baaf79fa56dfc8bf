/** What the model under training takes unlabeled images for, round by round. */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { EpochMetrics } from '#shared/contract/index.ts';
import { viewsOf } from '#shared/views.ts';
import { roundOf, type UnlabeledSpec } from '#shared/unlabeled.ts';
import { createBackend } from '../../backends/index.ts';
import { chooseBackend } from '../../backends/status.ts';
import { writeAtomically } from '../../checkpoint/atomic.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensors,
} from '../../checkpoint/safetensors.ts';
import { inOrder, type DataLoader } from '../../data/loader.ts';
import { buildProducts } from '../../nearest.ts';
import { buildFeatures } from '../../programs/features.ts';
import { runFiles, type TrainJob } from '../../protocol.ts';
import { writeTargets } from '../../targets.ts';
import type { Stepper } from '../stepper.ts';
import { look, type Look } from './look.ts';
import { graphOf, smooth } from './neighbors.ts';
import { align, classPrior, sharpen, sureShare } from './pseudo-labels.ts';

interface Opinions {
  round: number;
  /** How much of each class is in each unlabeled image, images × classes. */
  shares: Float32Array;
  /** Share of answers that were sure, before they were made surer. */
  sure: number;
}

const TENSOR = 'pseudo-labels';

/** Asks at the start of each round; answers lie in the run's folder until the next one. */
export class Teacher {
  readonly #job: TrainJob;
  readonly #spec: UnlabeledSpec;
  readonly #images: DataLoader;
  /** Row in the opinions by position in the set. */
  readonly #rows = new Map<number, number>();
  #opinions: Opinions | undefined;
  #maySaved: boolean;

  /** @param images the training images, as they are */
  constructor(job: TrainJob, spec: UnlabeledSpec, images: DataLoader) {
    this.#job = job;
    this.#spec = spec;
    this.#images = images;
    this.#maySaved = job.resume === true;
    for (const [position, label] of job.train.labels.entries()) {
      if (label < 0) this.#rows.set(position, this.#rows.size);
    }
  }

  /**
   * Before an epoch: has opinions for its round ready. A training that goes on takes those that it
   * learned from before.
   */
  async prepare(epoch: number, stepper: Stepper, signal: AbortSignal): Promise<void> {
    const round = roundOf(this.#spec, epoch);
    if (round > 0 && this.#opinions?.round !== round) {
      const saved = this.#maySaved ? await this.#read(round) : undefined;
      this.#opinions = saved ?? (await this.#ask(round, stepper, signal));
    }
    this.#maySaved = false;
  }

  /** Of the round of the epoch that was prepared, for its metrics; nothing in the warm-up. */
  report(): Pick<EpochMetrics, 'sure'> {
    return this.#opinions ? { sure: this.#opinions.sure } : {};
  }

  /** What the images at these positions are taken for, images × classes. */
  targets(order: Uint32Array): Float32Array {
    const classes = this.#job.classNames.length;
    const { labels } = this.#job.train;
    const targets = new Float32Array(order.length * classes);
    for (const [index, position] of order.entries()) {
      const target = targets.subarray(index * classes, (index + 1) * classes);
      const row = this.#rows.get(position);
      if (row === undefined) {
        writeTargets(target, labels.subarray(position, position + 1), classes);
      } else if (this.#opinions) {
        target.set(this.#opinions.shares.subarray(row * classes, (row + 1) * classes));
      }
    }
    return targets;
  }

  async #ask(round: number, stepper: Stepper, signal: AbortSignal): Promise<Opinions> {
    const classes = this.#job.classNames.length;
    const { labels } = this.#job.train;
    const { probabilities, neighbors } = await this.#look(stepper, signal);
    const known = labels.filter((label) => label >= 0);
    const shares = probabilities.subarray(known.length * classes);
    align(shares, classPrior(labels, classes));
    if (neighbors) {
      writeTargets(probabilities.subarray(0, known.length * classes), known, classes);
      smooth(probabilities, classes, graphOf(neighbors), (row) => row < known.length);
    }
    const sure = sureShare(shares, classes);
    sharpen(shares, classes, this.#spec.temperature);
    const opinions = { round, shares, sure };
    await this.#write(opinions);
    return opinions;
  }

  /** At the labeled images and then the unlabeled ones, as they are and, where views say so, mirrored. */
  async #look(stepper: Stepper, signal: AbortSignal): Promise<Look> {
    const all = inOrder(this.#job.train.labels.length);
    const labeled = all.filter((position) => !this.#rows.has(position));
    const order = Uint32Array.from([...labeled, ...this.#rows.keys()]);
    const flip = viewsOf(this.#job.views ?? null).some((view) => view.flip);
    const threads = availableParallelism();
    const backend = createBackend(chooseBackend('cpu', threads), threads);
    const options = { views: { flip, shift: 0 }, places: true };
    const program = await stepper.inference((model, parameters) =>
      buildFeatures(model, parameters, options),
    );
    const products = await backend.compile(buildProducts());
    try {
      const count = this.#spec.neighbors;
      return await look(program, products, this.#images, { order, count, signal });
    } finally {
      await products.dispose();
      await program.dispose();
    }
  }

  get #file(): string {
    return join(this.#job.runDir, runFiles.pseudoLabels);
  }

  async #write({ round, shares, sure }: Opinions): Promise<void> {
    const classes = this.#job.classNames.length;
    const tensor = { shape: [shares.length / classes, classes], data: shares };
    const metadata = { round: String(round), sure: String(sure) };
    await writeAtomically(this.#file, encodeSafetensors([[TENSOR, tensor]], metadata));
  }

  /** Undefined where there are none of this round: it has just begun. */
  async #read(round: number): Promise<Opinions | undefined> {
    const bytes = await readFile(this.#file).catch(() => undefined);
    if (!bytes) return undefined;
    const decoded = decodedOrNothing(bytes, this.#file);
    if (!decoded) return undefined;
    const { tensors, metadata } = decoded;
    const shares = tensors.get(TENSOR)?.data;
    const fits = shares?.length === this.#rows.size * this.#job.classNames.length;
    if (!fits || metadata['round'] !== String(round)) return undefined;
    return { round, shares, sure: Number(metadata['sure']) };
  }
}

/** A damaged file is no reason to end: its round is asked about again. */
function decodedOrNothing(bytes: Buffer, file: string): SafeTensors | undefined {
  try {
    return decodeSafetensors(bytes, file);
  } catch {
    return undefined;
  }
}
