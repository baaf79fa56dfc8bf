/** First values of parameters, as Keras has them. */
import type { InitializerName } from '#shared/model-spec.ts';
import { elements } from './graph/shape.ts';
import { Random } from './random.ts';

export interface DrawnInitializer {
  type: InitializerName;
  /** Inputs and outputs of one unit, as Keras counts them; of no matter to some types. */
  fanIn: number;
  fanOut: number;
}

/** What a pretrained file says; where only its outline is known, asking throws. */
export interface GivenInitializer {
  type: 'given';
  values(): Float32Array;
}

export type Initializer = DrawnInitializer | GivenInitializer;

/** For parameters without fans: 'zeros' and 'ones'. */
export const constantInitializer = (type: 'zeros' | 'ones'): DrawnInitializer => ({
  type,
  fanIn: 1,
  fanOut: 1,
});

/** Keras' random_uniform, random_normal and truncated_normal. */
const SMALL = 0.05;
/** Standard deviation of a normal distribution cut off at two of its own. */
const TRUNCATED = 0.87962566103423978;

type Draw = (random: Random) => number;

const uniform =
  (limit: number): Draw =>
  (random) =>
    (2 * random.uniform() - 1) * limit;

/** Box and Muller's; 1 − u is never zero. */
export const normal =
  (deviation: number): Draw =>
  (random) =>
    deviation *
    Math.sqrt(-2 * Math.log(1 - random.uniform())) *
    Math.cos(2 * Math.PI * random.uniform());

/** Drawn again while beyond two standard deviations. */
const truncated =
  (deviation: number): Draw =>
  (random) => {
    for (;;) {
      const value = normal(1)(random);
      if (Math.abs(value) <= 2) return value * deviation;
    }
  };

/** Uniform with the variance `scale` / fan; the normal kinds are truncated, as in Keras. */
const spread = (scale: number): Draw => uniform(Math.sqrt(3 * scale));
const bell = (scale: number): Draw => truncated(Math.sqrt(scale) / TRUNCATED);

/**
 * Glorot and Bengio (2010) divide by the mean of both fans, He et al. (2015) and LeCun et al. (1998)
 * by the inputs.
 */
const draws: Record<
  Exclude<InitializerName, 'zeros' | 'ones'>,
  (init: DrawnInitializer) => Draw
> = {
  // Not through `spread`: written so that the rounding stays what saved runs were made with.
  glorotUniform: ({ fanIn, fanOut }) => uniform(Math.sqrt(6 / (fanIn + fanOut))),
  glorotNormal: ({ fanIn, fanOut }) => bell(2 / (fanIn + fanOut)),
  heUniform: ({ fanIn }) => spread(2 / fanIn),
  heNormal: ({ fanIn }) => bell(2 / fanIn),
  lecunUniform: ({ fanIn }) => spread(1 / fanIn),
  lecunNormal: ({ fanIn }) => bell(1 / fanIn),
  randomUniform: () => uniform(SMALL),
  randomNormal: () => normal(SMALL),
  truncatedNormal: () => truncated(SMALL),
};

/** Each parameter has a stream of its own: adding a layer does not change the others' numbers. */
export function initialize(
  initializer: Initializer,
  shape: readonly number[],
  seed: number,
  name: string,
): Float32Array {
  const { type } = initializer;
  if (type === 'given') return initializer.values();
  const values = new Float32Array(elements(shape));
  if (type === 'zeros') return values;
  if (type === 'ones') return values.fill(1);
  const random = new Random(seed, 'initializer', name);
  const draw = draws[type](initializer);
  for (let index = 0; index < values.length; index++) values[index] = draw(random);
  return values;
}
