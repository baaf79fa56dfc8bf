/** Mixup and cutmix: images of a batch in each other, and the shares that their labels get. */
import type { AugmentationSpec, Operation } from '#shared/augmentation.ts';
import { normal } from '../../initializers.ts';
import type { Random } from '../../random.ts';
import { keyed, type Keyed } from './augmenter.ts';
import { drawFor } from './draw.ts';
import { drawBox, paste, type Box } from './erase.ts';
import type { Size } from './resample.ts';

type Mixing = Keyed<Extract<Operation, { type: 'mixup' | 'cutmix' }>>;

/** What one image of a batch gets of another. */
export interface Mix {
  /** Index of the operation in the spec; -1 where nothing is mixed in. */
  operation: number;
  /** The other's place in the batch. */
  partner: number;
  /** How much stays of this one, and of its label; 1 where nothing is mixed in. */
  share: number;
  /** Where the other shows; null where both are blended all over. */
  box: Box | null;
}

/**
 * Decides for each image of a batch, from the batch's images alone: labels can be mixed on one thread
 * and pixels on another. Of several operations an image gets the first that happens.
 */
export class Mixer {
  readonly #size: Size;
  readonly #seed: number;
  readonly #operations: Mixing[];

  constructor(spec: AugmentationSpec, size: Size, seed: number) {
    this.#size = size;
    this.#seed = seed;
    this.#operations = keyed(spec).filter(
      (operation): operation is Mixing => operation.type === 'mixup' || operation.type === 'cutmix',
    );
  }

  /** Whether it may change anything. */
  get mixes(): boolean {
    return this.#operations.length > 0;
  }

  /** @param images of the batch, as in DrawPlace */
  plan(epoch: number, images: ArrayLike<number>): Mix[] {
    return Array.from(images, (image, place) => {
      for (const operation of this.#operations) {
        const draw = drawFor(operation, this.#seed, { epoch, image });
        if (draw && images.length > 1) {
          const step = 1 + Math.floor(draw.random.uniform() * (images.length - 1));
          return this.#mix(operation, draw.random, (place + step) % images.length);
        }
      }
      return { operation: -1, partner: place, share: 1, box: null };
    });
  }

  /**
   * Mixes a batch's pixels, in place.
   * @param pixels rows of uint8, one an image of the plan
   * @param scratch as large as `pixels`
   */
  apply(pixels: Uint8Array, scratch: Uint8Array, plan: readonly Mix[]): void {
    const { height, width, channels } = this.#size;
    const bytes = height * width * channels;
    scratch.set(pixels);
    for (const [place, { partner, share, box }] of plan.entries()) {
      if (share === 1) continue;
      const own = pixels.subarray(place * bytes, (place + 1) * bytes);
      const other = scratch.subarray(partner * bytes, (partner + 1) * bytes);
      if (box) paste(own, other, this.#size, box);
      else blend(own, other, share);
    }
  }

  #mix({ type, alpha, index }: Mixing, random: Random, partner: number): Mix {
    const share = beta(random, alpha);
    if (type === 'mixup') return { operation: index, partner, share, box: null };
    const { height, width } = this.#size;
    const box = drawBox(random, this.#size, 1 - share, width / height);
    const area = (box.height * box.width) / (height * width);
    return { operation: index, partner, share: 1 - area, box };
  }
}

function blend(own: Uint8Array, other: Uint8Array, share: number): void {
  const weight = Math.round(share * 65_536);
  for (let at = 0; at < own.length; at++) {
    own[at] = (own[at]! * weight + other[at]! * (65_536 - weight) + 32_768) >> 16;
  }
}

/** From the symmetric Beta distribution, as the ratio of two Gamma-distributed numbers. */
export function beta(random: Random, alpha: number): number {
  // In logarithms: with a small alpha both are often smaller than any number but zero.
  const difference = logGamma(random, alpha) - logGamma(random, alpha);
  return 1 / (1 + Math.exp(-difference));
}

/** Logarithm of a Gamma-distributed number (Marsaglia and Tsang, 2000). */
function logGamma(random: Random, shape: number): number {
  if (shape < 1) {
    return logGamma(random, shape + 1) + Math.log(1 - random.uniform()) / shape;
  }
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(1)(random);
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - random.uniform()) < (x * x) / 2 + d - d * v + d * Math.log(v)) {
      return Math.log(d) + Math.log(v);
    }
  }
}
