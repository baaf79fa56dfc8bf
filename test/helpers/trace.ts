/**
 * Runs a model for a few steps on made-up batches and keeps what it did. No test runner is needed, so
 * that a process of its own can do it too.
 */
import type { ModelSpec, OptimizerSpec } from '#shared/model-spec.ts';
import { Random } from '#core/engine/random.ts';
import type { Stepper, StepperOptions } from '#core/engine/training/stepper.ts';

export type CreateStepper = (options: StepperOptions, seed: number) => Stepper;

const SEED = 3;
const STEPS = 5;
const BATCH = 6;
/** Of the last batch, as at the end of an epoch. */
const SMALLER = 4;
export const ENORMOUS = 2 ** 20;
export const NUDGE = 2 ** -24;
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

export interface State {
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

export interface TraceOptions {
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
