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
import { outputsOf, probabilitiesOf } from '../../losses.ts';
import { buildProducts, nearest } from '../../nearest.ts';
import { predictSet, type InferenceProgram } from '../../predictor.ts';
import { runFiles, type TrainJob } from '../../protocol.ts';
import { writeTargets } from '../../targets.ts';
import type { Stepper } from '../stepper.ts';
import { graphOf, smallImages, smooth, type Graph } from './neighbors.ts';
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
  #graph: Graph | undefined;
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
    const shares = await this.#answers(stepper, signal);
    align(shares, classPrior(labels, classes));
    if (this.#spec.neighbors > 0) {
      this.#graph ??= await this.#lookAlike(signal);
      // Labeled images first: they are what the graph's first rows are of.
      const known = labels.filter((label) => label >= 0);
      const all = new Float32Array((known.length + this.#rows.size) * classes);
      writeTargets(all.subarray(0, known.length * classes), known, classes);
      all.set(shares, known.length * classes);
      smooth(all, classes, this.#graph, (row) => row < known.length);
      shares.set(all.subarray(known.length * classes));
    }
    const sure = sureShare(shares, classes);
    sharpen(shares, classes, this.#spec.temperature);
    const opinions = { round, shares, sure };
    await this.#write(opinions);
    return opinions;
  }

  /** Class probabilities of the unlabeled images, seen as they are and, where views say so, mirrored. */
  async #answers(stepper: Stepper, signal: AbortSignal): Promise<Float32Array> {
    const classes = this.#job.classNames.length;
    const shares = new Float32Array(this.#rows.size * classes);
    const { head } = stepper.model;
    const outputs = outputsOf(head, classes);
    const order = Uint32Array.from(this.#rows.keys());
    const mirrored = viewsOf(this.#job.views ?? null).some(({ flip }) => flip);
    const program = await stepper.inference();
    try {
      for (const view of mirrored ? [program, mirroring(program)] : [program]) {
        const take = (logits: Float32Array, start: number, size: number): void => {
          for (let image = 0; image < size; image++) {
            const logit = logits.subarray(image * outputs, (image + 1) * outputs);
            const at = (start + image) * classes;
            const answer = probabilitiesOf(head, logit);
            for (const [index, value] of answer.entries()) shares[at + index]! += value;
          }
        };
        await predictSet(view, 'logits', this.#images, take, { signal, order });
      }
    } finally {
      await program.dispose();
    }
    return shares;
  }

  /** Of the labeled images and then the unlabeled ones. */
  async #lookAlike(signal: AbortSignal): Promise<Graph> {
    const all = inOrder(this.#job.train.labels.length);
    const labeled = all.filter((position) => !this.#rows.has(position));
    const order = Uint32Array.from([...labeled, ...this.#rows.keys()]);
    const { values, size } = await smallImages(this.#images, order);
    const threads = availableParallelism();
    const backend = createBackend(chooseBackend('cpu', threads), threads);
    const products = await backend.compile(buildProducts());
    try {
      const count = Math.min(order.length, this.#spec.neighbors + 1);
      return graphOf(await nearest(products, values, size, count, signal));
    } finally {
      await products.dispose();
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

/** The model on images as a mirror shows them. */
function mirroring(program: InferenceProgram): Pick<InferenceProgram, 'run'> {
  return {
    run({ image }) {
      if (!image) throw new RangeError('there is no image');
      const [images = 0, height = 0, width = 0, channels = 0] = image.dims;
      const { data } = image;
      const turned = new Uint8Array(data.length);
      for (let row = 0; row < images * height; row++) {
        for (let column = 0; column < width; column++) {
          const from = (row * width + width - 1 - column) * channels;
          for (let channel = 0; channel < channels; channel++) {
            turned[(row * width + column) * channels + channel] = Number(data[from + channel]);
          }
        }
      }
      return program.run({ image: { dtype: 'uint8', dims: image.dims, data: turned } });
    },
  };
}
