/**
 * RandAugment (Cubuk et al., 2019): of a fixed set, `count` operations an image, alike likely, all as
 * strong as `magnitude` says, to either side. Ranges at magnitude 10 are those of torchvision's at 30.
 */
import type { Operation } from '#shared/augmentation.ts';
import type { Colour } from './colour.ts';
import type { Draw } from './draw.ts';
import type { Size } from './resample.ts';
import type { Transform } from './transform.ts';

export type Auto = Extract<Operation, { type: 'auto' }>;

interface Chosen {
  transform?: (transform: Transform, strength: number, size: Size) => void;
  colour?: (colour: Colour, strength: number, pixels: Uint8Array) => void;
  /** For coloured images only. */
  coloured?: boolean;
}

const SHEAR_DEGREES = 17;
const SHIFT = 150 / 331;
const TURN_DEGREES = 30;
const FACTOR = 0.9;
const POSTERIZED_BITS = 4;

/** `strength` goes from −1 to 1. */
const operations: readonly Chosen[] = [
  {},
  { transform: (transform, strength) => transform.shearX(strength * SHEAR_DEGREES) },
  { transform: (transform, strength) => transform.shearY(strength * SHEAR_DEGREES) },
  { transform: (transform, strength, { width }) => transform.shift(strength * SHIFT * width, 0) },
  { transform: (transform, strength, { height }) => transform.shift(0, strength * SHIFT * height) },
  { transform: (transform, strength) => transform.rotate(strength * TURN_DEGREES) },
  { colour: (colour, strength) => colour.brightness(1 + strength * FACTOR) },
  { colour: (colour, strength, pixels) => colour.contrast(1 + strength * FACTOR, pixels) },
  { colour: (colour, strength) => colour.saturation(1 + strength * FACTOR), coloured: true },
  {
    colour: (colour, strength, pixels) =>
      atOnce(colour, pixels, () =>
        colour.posterize(pixels, 8 - Math.round(Math.abs(strength) * POSTERIZED_BITS)),
      ),
  },
  {
    colour: (colour, strength, pixels) =>
      atOnce(colour, pixels, () => colour.solarize(pixels, 256 - Math.abs(strength) * 256)),
  },
  { colour: (colour, _, pixels) => atOnce(colour, pixels, () => colour.autocontrast(pixels)) },
  { colour: (colour, _, pixels) => atOnce(colour, pixels, () => colour.equalize(pixels)) },
];

/** After what is linear so far. */
function atOnce(colour: Colour, pixels: Uint8Array, work: () => void): void {
  colour.apply(pixels);
  work();
}

const greyOperations = operations.filter(({ coloured }) => !coloured);

/** What one image got; drawn with its geometry, and done in part with its colours. */
export class AutoPolicy {
  readonly #size: Size;
  #chosen: { operation: Chosen; strength: number }[] = [];

  constructor(size: Size) {
    this.#size = size;
  }

  draw(operation: Auto, draw: Draw): void {
    const magnitude = draw.strength([operation.magnitude, operation.magnitude]);
    const set = this.#size.channels === 3 ? operations : greyOperations;
    this.#chosen = Array.from({ length: operation.count }, () => ({
      operation: set[Math.floor(draw.random.uniform() * set.length)]!,
      strength: (draw.side() * magnitude) / 10,
    }));
  }

  forget(): void {
    this.#chosen = [];
  }

  transform(transform: Transform): void {
    for (const { operation, strength } of this.#chosen) {
      operation.transform?.(transform, strength, this.#size);
    }
  }

  colour(colour: Colour, pixels: Uint8Array): void {
    for (const { operation, strength } of this.#chosen) {
      operation.colour?.(colour, strength, pixels);
    }
  }
}
