/**
 * Optimizers with the semantics of Keras 3, emitted into the training graph over one flat vector of
 * parameters: ten parameters with ten Adam nodes each would cost more than their arithmetic.
 */
import type { OptimizerSpec } from '#shared/model-spec.ts';
import type { GraphBuilder } from './graph/builder.ts';
import type { Value } from './graph/types.ts';

export interface Update {
  weights: Value;
  slots: Value[];
}

export interface Optimizer {
  /** Names of the state vectors, each as long as the parameters; all begin as zeros. */
  slots: readonly string[];
  /** Names of the scalar inputs that change from step to step. */
  scalars: readonly string[];
  /** Their values for 1-based `step`, in double precision, where powers of 0.999 keep their digits. */
  scalarsAt(step: number, learningRate: number): number[];
  /** All vectors are float32 [parameters], scalars are float32 []. */
  update(
    b: GraphBuilder,
    weights: Value,
    gradient: Value,
    slots: readonly Value[],
    scalars: readonly Value[],
  ): Update;
}

function need(values: readonly Value[], index: number): Value {
  const value = values[index];
  if (!value) throw new RangeError(`optimizer input ${index} is missing`);
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
    update(b, weights, gradient, slots, scalars) {
      const step = b.op('Mul', [gradient, need(scalars, 0)]);
      if (momentum === 0) return { weights: b.op('Sub', [weights, step]), slots: [] };
      const factor = b.scalar(momentum);
      const velocity = b.op('Sub', [b.op('Mul', [need(slots, 0), factor]), step]);
      const move = nesterov ? b.op('Sub', [b.op('Mul', [velocity, factor]), step]) : velocity;
      return { weights: b.op('Add', [weights, move]), slots: [velocity] };
    },
  };
}

/** v ← ρ v + (1 − ρ) g²; w ← w − η g / √(v + ε). */
function rmsprop({ rho = 0.9, epsilon = 1e-7 }: { rho?: number; epsilon?: number }): Optimizer {
  return {
    slots: ['velocity'],
    scalars: ['rate'],
    scalarsAt: (_step, learningRate) => [learningRate],
    update(b, weights, gradient, slots, scalars) {
      const square = b.op('Mul', [gradient, gradient]);
      const velocity = b.op('Add', [
        b.op('Mul', [need(slots, 0), b.scalar(rho)]),
        b.op('Mul', [square, b.scalar(1 - rho)]),
      ]);
      const root = b.op('Sqrt', [b.op('Add', [velocity, b.scalar(epsilon)])]);
      const step = b.op('Mul', [b.op('Div', [gradient, root]), need(scalars, 0)]);
      return { weights: b.op('Sub', [weights, step]), slots: [velocity] };
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
    update(b, weights, gradient, slots, scalars) {
      const moment1 = b.op('Add', [b.op('Mul', [need(slots, 0), b.scalar(beta1)]), gradient]);
      const square = b.op('Mul', [gradient, gradient]);
      const moment2 = b.op('Add', [b.op('Mul', [need(slots, 1), b.scalar(beta2)]), square]);
      const scale = b.op('Add', [b.op('Sqrt', [moment2]), b.scalar(epsilon / root)]);
      const step = b.op('Mul', [b.op('Div', [moment1, scale]), need(scalars, 0)]);
      const kept = weightDecay > 0 ? b.op('Mul', [weights, need(scalars, 1)]) : weights;
      return { weights: b.op('Sub', [kept, step]), slots: [moment1, moment2] };
    },
  };
}

export function createOptimizer(spec: OptimizerSpec): Optimizer {
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
