import type { Range } from '#shared/augmentation.ts';
import { Random } from '../../random.ts';

/** Which draw of which image: nothing else decides what it looks like. */
export interface DrawPlace {
  /** 1-based, as in training. */
  epoch: number;
  /** What tells the image from others: its id in the project. */
  image: number;
  /**
   * 0 to 1: every operation happens, this far into its range, instead of where chance has it. What
   * else it draws (the other axis, a place) is as at this epoch.
   */
  strength?: number;
}

/** The random numbers of one operation on one image. */
export class Draw {
  readonly random: Random;
  /** What the operation's range gave; 1 for operations without one. */
  value = 1;
  #strength: number | undefined;

  constructor(random: Random, strength: number | undefined) {
    this.random = random;
    this.#strength = strength;
  }

  /** The operation's strength, within its range. Asked once, and first. */
  strength([low, high]: Readonly<Range>): number {
    this.value = low + this.#share() * (high - low);
    return this.value;
  }

  /** The same in whole numbers, ends included. */
  wholeStrength([low, high]: Readonly<Range>): number {
    const [least, most] = [Math.ceil(low), Math.floor(high)];
    const steps = Math.max(0, most - least) + 1;
    this.value = least + Math.min(steps - 1, Math.floor(this.#share() * steps));
    return this.value;
  }

  within([low, high]: Readonly<Range>): number {
    return low + this.random.uniform() * (high - low);
  }

  /** −1 or 1. */
  side(): number {
    return this.random.uniform() < 0.5 ? -1 : 1;
  }

  #share(): number {
    // Drawn in any case, so that what is drawn next stays the same.
    const drawn = this.random.uniform();
    return this.#strength ?? drawn;
  }
}

/**
 * The numbers of one operation; undefined if it does not happen. Operations do not share them:
 * changing one leaves the others' draws as they were.
 */
export function drawFor(
  operation: { key: string; probability: number },
  seed: number,
  { epoch, image, strength }: DrawPlace,
): Draw | undefined {
  const random = new Random(seed, 'augment', epoch, image, operation.key);
  const happens = random.uniform() < operation.probability;
  return happens || strength !== undefined ? new Draw(random, strength) : undefined;
}
