/**
 * Trains the same model from the same weights on the same batches with two engines and compares.
 *
 * Gradients come from one step of plain SGD with an enormous rate, (w₀ − w₁) / rate: that needs nothing
 * of an engine but its steps, and the weights' own rounding vanishes beside the step.
 *
 * Weights are compared by how far they moved, in parts of the largest move. RMSprop and Adam divide by
 * the gradient's size: with their usual ε of 1e-7 a gradient that is nothing but rounding noise becomes
 * a whole step of either sign, on which no two correct engines agree. So ε is 0.01 here, which also
 * shows whether ε is added where it should be.
 *
 * Deep networks with batch normalisation over a handful of numbers are chaotic: ResNet-50 at this size
 * multiplies rounding by a thousand in each step, whatever computes it. There each step starts from the
 * reference's weights and optimizer vectors (`fromReference`), so that all five updates are compared
 * but not what the differences grow into.
 */
import { expect } from 'vitest';
import type { ModelSpec, OptimizerSpec } from '#shared/model-spec.ts';
import { Random } from '#core/engine/random.ts';
import type { Stepper, StepperOptions } from '#core/engine/training/stepper.ts';

export type CreateStepper = (options: StepperOptions, seed: number) => Stepper;

const SEED = 3;
const STEPS = 5;
const BATCH = 6;
/** Of the last batch, as at the end of an epoch. */
const SMALLER = 4;
const ENORMOUS = 2 ** 20;

export interface Plan {
  spec: ModelSpec;
  classes: number;
  rate: number;
  steps: number;
}

/** Every optimizer, with a rate at which five steps change much without falling apart. */
export const optimizers: readonly { name: string; optimizer: OptimizerSpec; rate: number }[] = [
  { name: 'sgd', optimizer: { type: 'sgd' }, rate: 0.02 },
  { name: 'momentum', optimizer: { type: 'sgd', momentum: 0.9 }, rate: 0.01 },
  { name: 'nesterov', optimizer: { type: 'sgd', momentum: 0.9, nesterov: true }, rate: 0.01 },
  { name: 'rmsprop', optimizer: { type: 'rmsprop', epsilon: 0.01 }, rate: 0.002 },
  { name: 'adam', optimizer: { type: 'adam', epsilon: 0.01 }, rate: 0.002 },
  {
    name: 'adamw',
    optimizer: { type: 'adamw', epsilon: 0.01, weightDecay: 0.1 },
    rate: 0.002,
  },
];

export function gradientPlan(spec: ModelSpec, classes: number): Plan {
  return { spec: { ...spec, optimizer: { type: 'sgd' } }, classes, rate: ENORMOUS, steps: 1 };
}

export function fiveSteps(
  spec: ModelSpec,
  classes: number,
  { optimizer, rate }: { optimizer: OptimizerSpec; rate: number },
): Plan {
  return { spec: { ...spec, optimizer }, classes, rate, steps: STEPS };
}

interface State {
  parameters: Map<string, { shape: readonly number[]; data: Float32Array }>;
  slots: Map<string, Float32Array>;
}

/** Losses, and the state before the first step and after each. */
export interface Trace {
  losses: number[];
  states: State[];
}

function batches({ spec: { input }, classes, steps }: Plan) {
  const random = new Random(7, 'agreement');
  const bytes = input.height * input.width * input.channels;
  return Array.from({ length: steps }, (_, index) => {
    const size = index === STEPS - 1 ? SMALLER : BATCH;
    return {
      pixels: Uint8Array.from({ length: size * bytes }, () => random.below(256)),
      labels: Int32Array.from({ length: size }, () => random.below(classes)),
    };
  });
}

async function stateOf(stepper: Stepper): Promise<State> {
  const parameters = [...(await stepper.parameters())];
  const slots = await stepper.slots();
  return {
    parameters: new Map(
      parameters.map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }]),
    ),
    slots: new Map(slots.map(([name, data]) => [name, Float32Array.from(data)])),
  };
}

/** @param from take each step from these states instead of one's own */
export async function trace(create: CreateStepper, plan: Plan, from?: Trace): Promise<Trace> {
  const stepper = create({ spec: plan.spec, classes: plan.classes }, SEED);
  try {
    await stepper.prepare(BATCH);
    const losses: number[] = [];
    const states = [await stateOf(stepper)];
    for (const [step, { pixels, labels }] of batches(plan).entries()) {
      const start = from?.states[step];
      if (start && step > 0) await stepper.restore(start, step);
      losses.push((await stepper.run(pixels, labels, plan.rate)).loss);
      states.push(await stateOf(stepper));
    }
    return { losses, states };
  } finally {
    await stepper.dispose();
  }
}

type Values = Map<string, Float32Array>;

function moves(before: State | undefined, after: State | undefined): Values {
  return new Map(
    [...(after?.parameters ?? [])].map(([name, { data }]) => {
      const start = before?.parameters.get(name)?.data;
      return [name, data.map((value, at) => value - (start?.[at] ?? NaN))];
    }),
  );
}

function largest(values: Float32Array): number {
  let most = 0;
  for (const value of values) {
    const size = Math.abs(value);
    // What is no number wins, and stays.
    if (!(size <= most)) most = size;
  }
  return most;
}

export interface Difference {
  /** In parts of the parameter's largest number. */
  worst: number;
  /** Where, in words. */
  at: string;
}

/**
 * A parameter whose numbers are a thousand times smaller than the model's largest is held against
 * that: what should be zero, such as a bias before batch normalisation, is nothing but rounding.
 */
function difference(found: Values, expected: Values, what: string): Difference {
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
  const overall = Math.max(...[...expected.values()].map(largest));
  let result: Difference = { worst: 0, at: 'nowhere' };
  for (const [name, wanted] of expected) {
    const values = found.get(name) ?? new Float32Array();
    expect(values.length, name).toBe(wanted.length);
    const off = largest(values.map((value, index) => value - (wanted[index] ?? NaN)));
    const relative = off / Math.max(largest(wanted), overall / 1000, Number.MIN_VALUE);
    if (!(relative <= result.worst)) {
      result = { worst: relative, at: `${what} ${name}: ${off} off, ${largest(wanted)} at most` };
    }
  }
  return result;
}

export interface Comparison extends Difference {
  /** Largest relative difference of a loss. */
  loss: number;
}

function worstOf(differences: Difference[]): Difference {
  return differences.reduce((most, next) => (next.worst <= most.worst ? most : next));
}

/** Of one step by `gradientPlan`: the gradients. Moving averages do not depend on the rate. */
export function compareGradients(found: Trace, expected: Trace): Comparison {
  const gradients = ({ states: [before, after] }: Trace): Values => {
    const all = [...moves(before, after)].filter(([name]) => !/\/moving_\w+$/.test(name));
    return new Map(all.map(([name, values]) => [name, values.map((value) => -value / ENORMOUS)]));
  };
  expectSameStart(found, expected);
  const { worst, at } = difference(gradients(found), gradients(expected), 'gradient of');
  return { loss: lossDifference(found, expected), worst, at };
}

/** How far weights and moving averages are after all steps. */
export function compareOutcome(found: Trace, expected: Trace): Comparison {
  const way = ({ states }: Trace) => moves(states[0], states.at(-1));
  expectSameStart(found, expected);
  const { worst, at } = difference(way(found), way(expected), 'after all steps');
  return { loss: lossDifference(found, expected), worst, at };
}

/** How far they come in each step, and the optimizer's vectors after it, each from the same state. */
export function compareEachStep(found: Trace, expected: Trace): Comparison {
  expectSameStart(found, expected);
  const differences = found.states.slice(1).flatMap((state, step) => {
    const wanted = expected.states[step + 1];
    const start = expected.states[step];
    return [
      difference(moves(start, state), moves(start, wanted), `step ${step + 1},`),
      difference(
        state.slots,
        wanted?.slots ?? new Map<string, Float32Array>(),
        `step ${step + 1}, vector`,
      ),
    ];
  });
  return { loss: lossDifference(found, expected), ...worstOf(differences) };
}

function expectSameStart(found: Trace, expected: Trace): void {
  expect(found.states[0]?.parameters).toEqual(expected.states[0]?.parameters);
}

function lossDifference(found: Trace, expected: Trace): number {
  return largest(
    Float32Array.from(
      expected.losses,
      (loss, step) => ((found.losses[step] ?? NaN) - loss) / Math.max(loss, 1e-3),
    ),
  );
}
