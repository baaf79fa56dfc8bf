/** First values of parameters, as Keras has them. */
import { elements } from './graph/shape.ts';
import { Random } from './random.ts';

export type Initializer =
  | { type: 'zeros' }
  | { type: 'ones' }
  /** Uniform in ±√(6 / (fan in + fan out)) (Glorot and Bengio, 2010): Keras' default for kernels. */
  | { type: 'glorot-uniform'; fanIn: number; fanOut: number };

/** Each parameter has a stream of its own: adding a layer does not change the others' numbers. */
export function initialize(
  initializer: Initializer,
  shape: readonly number[],
  seed: number,
  name: string,
): Float32Array {
  const values = new Float32Array(elements(shape));
  switch (initializer.type) {
    case 'zeros':
      return values;
    case 'ones':
      return values.fill(1);
    case 'glorot-uniform': {
      const random = new Random(seed, 'initializer', name);
      const limit = Math.sqrt(6 / (initializer.fanIn + initializer.fanOut));
      for (let index = 0; index < values.length; index++) {
        values[index] = (2 * random.uniform() - 1) * limit;
      }
      return values;
    }
  }
}
