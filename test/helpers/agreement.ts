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
 * reference's weights and optimizer vectors, so that all five updates are compared but not what the
 * differences grow into.
 *
 * How far apart two right engines may be is measured, not chosen: the reference runs again from weights
 * that are off by as much as storing them rounds (`nudged`). What that changes is the least that
 * rounding does to any engine; an engine rounds in every operation instead of once, so it may be
 * `ROUNDINGS` times as far away, for each parameter by itself.
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
const NUDGE = 2 ** -24;
const NUDGED_RUNS = 2;
/**
 * The deepest networks have some 900 operations one behind the other, forward and backward, and
 * roundings add up as the root of their number.
 */
const ROUNDINGS = 32;
/** A stored number is the sum of two products, of a moving average say: so often it is rounded. */
const STORING = 3;

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

/** Loss of each step, and the state before and after it. */
export interface Trace {
  losses: number[];
  starts: State[];
  ends: State[];
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

/** Each weight up or down by 2⁻²⁴ of itself, half of what separates it from its neighbours. */
function nudge({ parameters, slots }: State, seed: number): State {
  const random = new Random(seed, 'nudge');
  const by = (value: number) => value * (1 + (random.uniform() < 0.5 ? 1 : -1) * NUDGE);
  return {
    parameters: new Map(
      [...parameters].map(([name, { shape, data }]) => [name, { shape, data: data.map(by) }]),
    ),
    slots,
  };
}

interface TraceOptions {
  /** Take each step from these states instead of one's own. */
  from?: Trace | undefined;
  /** Of the nudges; none without. */
  nudges?: number;
}

export async function trace(
  create: CreateStepper,
  plan: Plan,
  { from, nudges }: TraceOptions = {},
): Promise<Trace> {
  const stepper = create({ spec: plan.spec, classes: plan.classes }, SEED);
  const nudged = (state: State) => (nudges === undefined ? state : nudge(state, nudges));
  try {
    await stepper.prepare(BATCH);
    const result: Trace = { losses: [], starts: [], ends: [] };
    for (const [step, { pixels, labels }] of batches(plan).entries()) {
      const given = from?.starts[step];
      if (given && step > 0) await stepper.restore(nudged(given), step);
      else if (step === 0) await stepper.restore(nudged(await stateOf(stepper)), 0);
      result.starts.push(await stateOf(stepper));
      result.losses.push((await stepper.run(pixels, labels, plan.rate)).loss);
      result.ends.push(await stateOf(stepper));
    }
    return result;
  } finally {
    await stepper.dispose();
  }
}

/** What an engine is held against: the oracle's run, and what rounding does to it. */
export interface Reference {
  expected: Trace;
  nudged: Trace[];
}

/** @param eachStep from the oracle's own state, for networks in which differences grow */
export async function runReference(
  create: CreateStepper,
  plan: Plan,
  eachStep = false,
): Promise<Reference> {
  const expected = await trace(create, plan);
  const from = eachStep ? expected : undefined;
  const nudged: Trace[] = [];
  for (let nudges = 1; nudges <= NUDGED_RUNS; nudges++) {
    nudged.push(await trace(create, plan, { from, nudges }));
  }
  return { expected, nudged };
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

export interface Comparison {
  /** The largest difference, in parts of what rounding allows: at most 1. */
  worst: number;
  /** Where, in words. */
  at: string;
}

/** What is compared of a run, by name: gradients, moves, vectors, the losses. */
interface View {
  of(trace: Trace): Values;
  /** Where a weight is stored so many times on the way, its own rounding each time is allowed too. */
  stored?: { end: (trace: Trace) => State | undefined; times: number };
}

/**
 * A parameter whose numbers are a thousand times smaller than the model's largest is held against
 * that: what should be zero, such as a bias before batch normalisation, is nothing but rounding.
 */
function compare(
  { of: view, stored }: View,
  found: Trace,
  { expected, nudged }: Reference,
): Comparison {
  const wanted = view(expected);
  const values = view(found);
  const others = nudged.map(view);
  expect([...values.keys()].sort()).toEqual([...wanted.keys()].sort());
  const weights = stored?.end(expected)?.parameters;
  const overall = Math.max(...[...wanted.values()].map(largest));
  let result: Comparison = { worst: 0, at: 'nowhere' };
  for (const [name, numbers] of wanted) {
    const distance = (of: Values) =>
      largest(numbers.map((value, index) => (of.get(name)?.[index] ?? NaN) - value));
    const off = distance(values);
    const most = largest(numbers);
    const sensitive = Math.max(...others.map(distance));
    const kept = weights?.get(name)?.data;
    const allowed =
      ROUNDINGS * Math.max(sensitive, NUDGE * Math.max(most, overall / 1000)) +
      // By both engines.
      (kept && stored ? 2 * STORING * stored.times * NUDGE * largest(kept) : 0);
    const part = off / Math.max(allowed, Number.MIN_VALUE);
    if (!(part <= result.worst)) {
      result = { worst: part, at: `${name}: ${off} off, ${allowed} allowed, ${most} at most` };
    }
  }
  return result;
}

function worstOf(comparisons: Comparison[]): Comparison {
  return comparisons.reduce((most, next) => (next.worst <= most.worst ? most : next));
}

const losses: View = { of: (trace) => new Map([['loss', Float32Array.from(trace.losses)]]) };

function gradients({ starts: [before], ends: [after] }: Trace): Values {
  // Moving averages do not depend on the rate.
  const all = [...moves(before, after)].filter(([name]) => !/\/moving_\w+$/.test(name));
  return new Map(
    all.map(([name, values]) => [`gradient of ${name}`, values.map((value) => -value / ENORMOUS)]),
  );
}

/** Of one step by `gradientPlan`. */
export function compareGradients(found: Trace, reference: Reference): Comparison {
  expectSameStart(found, reference);
  return worstOf([losses, { of: gradients }].map((view) => compare(view, found, reference)));
}

/** How far weights and moving averages are after all steps. */
export function compareOutcome(found: Trace, reference: Reference): Comparison {
  expectSameStart(found, reference);
  const way: View = {
    of: ({ starts, ends }) => moves(starts[0], ends.at(-1)),
    stored: { end: ({ ends }) => ends.at(-1), times: found.ends.length },
  };
  return worstOf([losses, way].map((view) => compare(view, found, reference)));
}

/** How far they come in each step, and the optimizer's vectors after it, each from the same state. */
export function compareEachStep(found: Trace, reference: Reference): Comparison {
  expectSameStart(found, reference);
  const steps = found.ends.flatMap((_, step): View[] => [
    {
      of: ({ starts, ends }) => moves(starts[step], ends[step]),
      stored: { end: ({ ends }) => ends[step], times: 1 },
    },
    { of: ({ ends }) => ends[step]?.slots ?? new Map<string, Float32Array>() },
  ]);
  return worstOf([losses, ...steps].map((view) => compare(view, found, reference)));
}

function expectSameStart(found: Trace, { expected }: Reference): void {
  expect(found.starts[0]?.parameters).toEqual(expected.starts[0]?.parameters);
}
