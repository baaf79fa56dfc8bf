/**
 * Carries an augmentation spec out on single images: uint8 rows in, uint8 rows out. What an image
 * becomes depends on the spec, the seed and its DrawPlace alone, so previews and training draw the
 * very same image, on any thread and in any order.
 */
import { isActive, type AugmentationSpec, type Operation } from '#shared/augmentation.ts';
import { AutoPolicy, type Auto } from './auto.ts';
import { Blur } from './blur.ts';
import { Colour } from './colour.ts';
import { colourBy, isColourful, type Colourful } from './colour-operations.ts';
import { drawFor, type Draw, type DrawPlace } from './draw.ts';
import { ElasticField } from './elastic.ts';
import { drawBox, erase } from './erase.ts';
import { isGeometric, transformBy, type Geometric } from './geometry-operations.ts';
import { addNoise } from './noise.ts';
import { Resampler, type Field, type Size } from './resample.ts';
import { Transform } from './transform.ts';

/** An operation with the name that its random numbers go by. */
export type Keyed<T extends Operation> = T & { key: string; index: number };

/** What became of one operation of the spec. */
export interface Drawn {
  /** Its index in the spec's operations. */
  operation: number;
  /** What its range gave; 1 for operations without one. */
  value: number;
}

type Kind<T extends Operation['type']> = Keyed<Extract<Operation, { type: T }>>;

export class Augmenter {
  readonly #size: Size;
  readonly #seed: number;
  #drawn: { operation: number; draw: Draw }[] = [];
  readonly #geometry: (Keyed<Geometric> | Keyed<Auto> | Kind<'elastic'>)[];
  readonly #colours: (Keyed<Colourful> | Keyed<Auto>)[];
  readonly #blurs: Kind<'blur'>[];
  readonly #noises: Kind<'noise'>[];
  readonly #erasures: Kind<'erase'>[];

  readonly #transform = new Transform();
  readonly #resampler: Resampler;
  readonly #colour: Colour;
  readonly #blur: Blur;
  readonly #elastic = new Map<string, ElasticField>();
  readonly #auto = new Map<string, AutoPolicy>();

  /** @param seed the training's: with another, everything is drawn anew */
  constructor(spec: AugmentationSpec, size: Size, seed: number) {
    this.#size = size;
    this.#seed = seed;
    const operations = keyed(spec);
    const isOf = <T extends Operation['type']>(type: T) =>
      operations.filter((operation): operation is Kind<T> => operation.type === type);
    this.#geometry = operations.filter(
      (operation) =>
        isGeometric(operation) || operation.type === 'auto' || operation.type === 'elastic',
    );
    this.#colours = operations.filter(
      (operation) => isColourful(operation) || operation.type === 'auto',
    );
    this.#blurs = isOf('blur');
    this.#noises = isOf('noise');
    this.#erasures = isOf('erase');
    this.#resampler = new Resampler(size, spec.fill, spec.fillValue);
    this.#colour = new Colour(size.channels);
    this.#blur = new Blur(size);
    for (const { key, cell } of isOf('elastic')) {
      this.#elastic.set(key, new ElasticField(size, cell));
    }
    for (const { key } of isOf('auto')) this.#auto.set(key, new AutoPolicy(size));
  }

  /**
   * One image as it is drawn at `place`.
   * @param source, target height × width × channels, different memory
   */
  apply(source: Uint8Array, target: Uint8Array, place: DrawPlace): void {
    this.#drawn = [];
    this.#place(source, target, place);
    this.#paint(target, place);
    for (const blur of this.#blurs) {
      const sigma = this.#draw(blur, place)?.strength(blur.range);
      if (sigma !== undefined) this.#blur.apply(target, sigma);
    }
    for (const noise of this.#noises) {
      const draw = this.#draw(noise, place);
      if (draw) addNoise(target, draw.random, draw.strength(noise.range));
    }
    for (const operation of this.#erasures) {
      const draw = this.#draw(operation, place);
      if (!draw) continue;
      const share = draw.strength(operation.range);
      const box = drawBox(draw.random, this.#size, share, draw.within(operation.ratio));
      erase(target, this.#size, box, operation.fill, draw.random);
    }
  }

  #place(source: Uint8Array, target: Uint8Array, place: DrawPlace): void {
    const transform = this.#transform;
    let field: Field | undefined;
    let moved = false;
    transform.reset();
    for (const operation of this.#geometry) {
      const auto = this.#auto.get(operation.key);
      auto?.forget();
      const draw = this.#draw(operation, place);
      if (!draw) continue;
      moved = true;
      if (operation.type === 'elastic') {
        // The last of several: their fields do not add up.
        field = this.#elastic.get(operation.key)?.draw(draw.random, draw.strength(operation.range));
      } else if (operation.type === 'auto') {
        auto?.draw(operation, draw);
        auto?.transform(transform);
      } else {
        transformBy(operation, draw, transform, this.#size);
      }
    }
    if (moved) this.#resampler.resample(source, target, transform.matrix, field);
    else target.set(source);
  }

  #paint(target: Uint8Array, place: DrawPlace): void {
    const colour = this.#colour;
    for (const operation of this.#colours) {
      if (operation.type === 'auto') {
        this.#auto.get(operation.key)?.colour(colour, target);
        continue;
      }
      const draw = this.#draw(operation, place);
      if (draw) colourBy(operation, draw, colour, target);
    }
    colour.apply(target);
  }

  /** What the last image got, in the order of doing. */
  get drawn(): Drawn[] {
    return this.#drawn.map(({ operation, draw }) => ({ operation, value: draw.value }));
  }

  #draw(operation: Keyed<Operation>, place: DrawPlace): Draw | undefined {
    const draw = drawFor(operation, this.#seed, place);
    if (draw) this.#drawn.push({ operation: operation.index, draw });
    return draw;
  }
}

/**
 * What is switched on, each with the name of its random numbers: its type, numbered where there are
 * several, so that switching one off leaves the others' draws as they were.
 */
export function keyed(spec: AugmentationSpec): Keyed<Operation>[] {
  const seen = new Map<string, number>();
  const all = spec.operations.map((operation, index) => {
    const count = (seen.get(operation.type) ?? 0) + 1;
    seen.set(operation.type, count);
    return { ...operation, index, key: count > 1 ? `${operation.type} ${count}` : operation.type };
  });
  return all.filter(isActive);
}
