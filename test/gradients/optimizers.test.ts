/** Every optimizer, in the real runtime, against the textbook formulas in double precision. */
import { describe, expect, it } from 'vitest';
import type { OptimizerSpec } from '#shared/model-spec.ts';
import { GraphBuilder } from '#core/engine/graph/builder.ts';
import type { TensorData } from '#core/engine/graph/types.ts';
import { graphArithmetic } from '#core/engine/arithmetic.ts';
import { createOptimizer } from '#core/engine/optimizers.ts';
import { compile, expectClose, randomTensor } from './harness.ts';

const SIZE = 50;
const STEPS = 12;
const RATE = 0.05;

type Rule = (w: number, g: number, t: number, state: { m: number; v: number }) => number;

/** As written in Keras 3's `update_step` methods, one number at a time. */
const rules: Record<string, [OptimizerSpec, Rule]> = {
  sgd: [{ type: 'sgd' }, (w, g) => w - RATE * g],
  momentum: [
    { type: 'sgd', momentum: 0.9 },
    (w, g, _t, state) => {
      state.m = 0.9 * state.m - RATE * g;
      return w + state.m;
    },
  ],
  nesterov: [
    { type: 'sgd', momentum: 0.8, nesterov: true },
    (w, g, _t, state) => {
      state.m = 0.8 * state.m - RATE * g;
      return w + 0.8 * state.m - RATE * g;
    },
  ],
  rmsprop: [
    { type: 'rmsprop' },
    (w, g, _t, state) => {
      state.v = 0.9 * state.v + 0.1 * g * g;
      return w - (RATE * g) / Math.sqrt(state.v + 1e-7);
    },
  ],
  adam: [{ type: 'adam' }, adam(0.9, 0.999, 1e-7, 0)],
  'adam with other constants': [
    { type: 'adam', beta1: 0.8, beta2: 0.95, epsilon: 1e-3 },
    adam(0.8, 0.95, 1e-3, 0),
  ],
  adamw: [{ type: 'adamw' }, adam(0.9, 0.999, 1e-7, 0.004)],
  'adamw with strong decay': [{ type: 'adamw', weightDecay: 0.3 }, adam(0.9, 0.999, 1e-7, 0.3)],
};

function adam(beta1: number, beta2: number, epsilon: number, decay: number): Rule {
  return (before, g, t, state) => {
    const w = before - before * decay * RATE;
    state.m += (g - state.m) * (1 - beta1);
    state.v += (g * g - state.v) * (1 - beta2);
    const alpha = (RATE * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
    return w - (state.m * alpha) / (Math.sqrt(state.v) + epsilon);
  };
}

function vector(data = new Float32Array(SIZE)): TensorData {
  return { dtype: 'float32', dims: [SIZE], data };
}

describe('optimizer', () => {
  it.each(Object.entries(rules))('%s', async (_name, [spec, rule]) => {
    const optimizer = createOptimizer(spec);
    const b = new GraphBuilder('optimizer');
    const weights = b.input('weights', 'float32', [SIZE]);
    const gradient = b.input('gradient', 'float32', [SIZE]);
    const slots = optimizer.slots.map((name) => b.input(`slot_${name}`, 'float32', [SIZE]));
    const scalars = optimizer.scalars.map((name) => b.input(name, 'float32', []));
    const update = optimizer.update(graphArithmetic(b), weights, gradient, slots, scalars);
    b.output('weights_next', update.weights);
    for (const [index, slot] of update.slots.entries()) b.output(`next_${index}`, slot);
    const program = await compile(b.finish());

    const start = randomTensor([SIZE]);
    const expected = Float64Array.from(start.data as Float32Array);
    const states = Array.from({ length: SIZE }, () => ({ m: 0, v: 0 }));
    let feeds: Record<string, TensorData> = {
      weights: start,
      ...Object.fromEntries(optimizer.slots.map((name) => [`slot_${name}`, vector()])),
    };
    for (let step = 1; step <= STEPS; step++) {
      // Gradients of very different sizes, so that epsilon and the corrections matter.
      const grad = randomTensor([SIZE], { seed: step, scale: step % 3 === 0 ? 1e-3 : 1 });
      const values = optimizer.scalarsAt(step, RATE);
      const results = await program.run({
        ...feeds,
        gradient: grad,
        ...Object.fromEntries(
          optimizer.scalars.map((name, index) => [
            name,
            { dtype: 'float32', dims: [], data: Float32Array.of(values[index] ?? NaN) } as const,
          ]),
        ),
      });
      for (let index = 0; index < SIZE; index++) {
        const state = states[index]!;
        expected[index] = rule(expected[index]!, Number(grad.data[index]), step, state);
      }
      feeds = {
        weights: results['weights_next']!,
        ...Object.fromEntries(
          optimizer.slots.map((name, index) => [`slot_${name}`, results[`next_${index}`]!]),
        ),
      };
      expectClose(feeds['weights']!.data as Float32Array, expected, 2e-6, `step ${step}`);
    }
    // The rule must have moved every weight, or agreement would mean nothing.
    const moved = expected.every(
      (value, index) => Math.abs(value - Number(start.data[index])) > 1e-4,
    );
    expect(moved).toBe(true);
    await program.dispose();
  });
});
