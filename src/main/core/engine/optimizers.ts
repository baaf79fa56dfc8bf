/**
 * Optimizers with the semantics of Keras 3, over one flat vector of parameters: ten parameters with
 * ten Adam nodes each would cost more than their arithmetic. Each is written once, over arithmetic
 * that becomes nodes of the training graph or one loop over memory.
 */
import type { AveragingSpec } from '#shared/averaging.ts';
import type { OptimizerSpec } from '#shared/model-spec.ts';
import type { Arithmetic } from './arithmetic.ts';

export interface Update<V> {
  weights: V;
  slots: V[];
}

export interface Optimizer {
  /** Names of the state vectors, each as long as the parameters; all begin as zeros. */
  slots: readonly string[];
  /** Names of the scalar inputs that change from step to step. */
  scalars: readonly string[];
  /** Their values for 1-based `step`, in double precision, where powers of 0.999 keep their digits. */
  scalarsAt(step: number, learningRate: number): number[];
  /** All vectors are float32 [parameters], scalars are float32 []. */
  update<V>(
    m: Arithmetic<V>,
    weights: V,
    gradient: V,
    slots: readonly V[],
    scalars: readonly V[],
  ): Update<V>;
}

function need<V>(values: readonly V[], index: number): V {
  const value = values[index];
  if (value === undefined) throw new RangeError(`optimizer input ${index} is missing`);
  return value;
}

/** v ← μ v − η g; w ← w + v, or with Nesterov w ← w + μ v − η g. */
function sgd({
  momentum = 0,
  nesterov = false,
}: {
  momentum?: number;
  nesterov?: boolean;
}): Optimizer {
  return {
    slots: momentum > 0 ? ['velocity'] : [],
    scalars: ['rate'],
    scalarsAt: (_step, learningRate) => [learningRate],
    update(m, weights, gradient, slots, scalars) {
      const step = m.mul(gradient, need(scalars, 0));
      if (momentum === 0) return { weights: m.sub(weights, step), slots: [] };
      const factor = m.constant(momentum);
      const velocity = m.sub(m.mul(need(slots, 0), factor), step);
      const move = nesterov ? m.sub(m.mul(velocity, factor), step) : velocity;
      return { weights: m.add(weights, move), slots: [velocity] };
    },
  };
}

/** v ← ρ v + (1 − ρ) g²; w ← w − η g / √(v + ε). */
function rmsprop({ rho = 0.9, epsilon = 1e-7 }: { rho?: number; epsilon?: number }): Optimizer {
  return {
    slots: ['velocity'],
    scalars: ['rate'],
    scalarsAt: (_step, learningRate) => [learningRate],
    update(m, weights, gradient, slots, scalars) {
      const square = m.mul(gradient, gradient);
      const velocity = m.add(
        m.mul(need(slots, 0), m.constant(rho)),
        m.mul(square, m.constant(1 - rho)),
      );
      const root = m.sqrt(m.add(velocity, m.constant(epsilon)));
      const step = m.mul(m.div(gradient, root), need(scalars, 0));
      return { weights: m.sub(weights, step), slots: [velocity] };
    },
  };
}

interface AdamOptions {
  beta1?: number | undefined;
  beta2?: number | undefined;
  epsilon?: number | undefined;
  /** Decoupled: w ← w − η λ w before the step. Zero for plain Adam. */
  weightDecay: number;
}

/**
 * m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²;  w ← w − η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε).
 *
 * The slots hold m / (1 − β₁) and v / (1 − β₂) instead, which is the same sequence with two passes
 * over the vector saved: M ← β₁ M + g; V ← β₂ V + g²; the constants move into rate and ε.
 */
function adam({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, weightDecay }: AdamOptions): Optimizer {
  const root = Math.sqrt(1 - beta2);
  return {
    slots: ['moment1', 'moment2'],
    scalars: weightDecay > 0 ? ['rate', 'keep'] : ['rate'],
    scalarsAt(step, learningRate) {
      const correction = Math.sqrt(1 - beta2 ** step) / (1 - beta1 ** step);
      const rate = (learningRate * correction * (1 - beta1)) / root;
      return weightDecay > 0 ? [rate, 1 - learningRate * weightDecay] : [rate];
    },
    update(m, weights, gradient, slots, scalars) {
      const moment1 = m.add(m.mul(need(slots, 0), m.constant(beta1)), gradient);
      const square = m.mul(gradient, gradient);
      const moment2 = m.add(m.mul(need(slots, 1), m.constant(beta2)), square);
      const scale = m.add(m.sqrt(moment2), m.constant(epsilon / root));
      const step = m.mul(m.div(moment1, scale), need(scalars, 0));
      const kept = weightDecay > 0 ? m.mul(weights, need(scalars, 1)) : weights;
      return { weights: m.sub(kept, step), slots: [moment1, moment2] };
    },
  };
}

/** The slot that holds the averaged weights. */
export const AVERAGE = 'average';

/**
 * The share of the newest weights in the average at 1-based `step`: all of them at first, so that the
 * start does not weigh on it, and ever less, down to 1 − decay.
 */
function averagingShare(step: number, decay: number): number {
  return 1 - Math.min(decay, (step - 1) / (step + 9));
}

/** Also keeps an exponential average of the weights: a ← a + share (w − a), in the same pass. */
function averaging(optimizer: Optimizer, { decay }: AveragingSpec): Optimizer {
  const { slots, scalars } = optimizer;
  return {
    slots: [...slots, AVERAGE],
    scalars: [...scalars, 'share'],
    scalarsAt: (step, learningRate) => [
      ...optimizer.scalarsAt(step, learningRate),
      averagingShare(step, decay),
    ],
    update(m, weights, gradient, vectors, inputs) {
      const next = optimizer.update(m, weights, gradient, vectors, inputs);
      const average = towards(
        m,
        need(vectors, slots.length),
        next.weights,
        need(inputs, scalars.length),
      );
      return { weights: next.weights, slots: [...next.slots, average] };
    },
  };
}

/** average + share (value − average). */
export function towards<V>(m: Arithmetic<V>, average: V, value: V, share: V): V {
  return m.add(average, m.mul(m.sub(value, average), share));
}

/** @param averaged how weights are averaged over the steps; not at all unless given */
export function createOptimizer(
  spec: OptimizerSpec,
  averaged: AveragingSpec | null = null,
): Optimizer {
  const optimizer = plainOptimizer(spec);
  return averaged ? averaging(optimizer, averaged) : optimizer;
}

/**
 * The scalars of a step for weights that learn at `multiplier` times the rate: decoupled decay goes
 * with the rate, the share of an average does not.
 */
export function atRates<V>(
  m: Arithmetic<V>,
  { scalars: names }: Pick<Optimizer, 'scalars'>,
  scalars: readonly V[],
  multiplier: V | null,
): V[] {
  return scalars.map((scalar, index) => {
    if (multiplier === null) return scalar;
    switch (names[index]) {
      case 'rate':
        return m.mul(scalar, multiplier);
      case 'keep':
        return m.sub(m.constant(1), m.mul(m.sub(m.constant(1), scalar), multiplier));
      default:
        return scalar;
    }
  });
}

function plainOptimizer(spec: OptimizerSpec): Optimizer {
  switch (spec.type) {
    case 'sgd':
      return sgd(spec);
    case 'rmsprop':
      return rmsprop(spec);
    case 'adam':
      return adam({ ...spec, weightDecay: 0 });
    case 'adamw':
      return adam({ ...spec, weightDecay: spec.weightDecay ?? 0.004 });
  }
}
