/**
 * What a training step changes, as flat vectors in the layout's order, and how checkpoints hold it.
 *
 * A checkpoint's parameters are those that answer. Where weights are averaged, these are the averages,
 * and what learning goes on from lies beside the optimizer's vectors: `weights`, `statistics`.
 */
import type { Restored } from './stepper.ts';
import type { FloatTensor } from '../checkpoint/safetensors.ts';
import { AVERAGE, type Optimizer } from '../optimizers.ts';
import {
  initialValues,
  packInto,
  unpack,
  type Packing,
  type ParameterLayout,
} from '../programs/parameters.ts';

export interface TrainingState {
  weights: Float32Array;
  /** The optimizer's, in the order of its names. */
  slots: Float32Array[];
  frozen: Float32Array;
  /** Moving averages of batch normalisation. */
  statistics: Float32Array;
  /** Their averages over the steps; empty where weights are not averaged. */
  averages: Float32Array;
}

type Shape = Pick<Optimizer, 'slots'>;

/** Whether the optimizer also averages the weights over the steps. */
export function averages({ slots }: Shape): boolean {
  return slots.includes(AVERAGE);
}

export function initialState(
  { trainable, frozen, statistics }: ParameterLayout,
  optimizer: Shape,
  seed: number,
): TrainingState {
  return {
    weights: initialValues(trainable, seed),
    slots: optimizer.slots.map(() => new Float32Array(trainable.size)),
    frozen: initialValues(frozen, seed),
    statistics: initialValues(statistics, seed),
    averages: new Float32Array(averages(optimizer) ? statistics.size : 0),
  };
}

/** Every parameter by its full name, as the model answers. Views of the state's vectors. */
export function answeringParameters(
  { trainable, frozen, statistics }: ParameterLayout,
  optimizer: Shape,
  state: TrainingState,
  steps: number,
): Map<string, FloatTensor> {
  // Before the first step there is nothing to average.
  const average = steps > 0 ? state.slots[optimizer.slots.indexOf(AVERAGE)] : undefined;
  return new Map<string, FloatTensor>([
    ...unpack(trainable, average ?? state.weights),
    ...unpack(frozen, state.frozen),
    ...unpack(statistics, average ? state.averages : state.statistics),
  ]);
}

/** What a checkpoint holds beside the parameters, by name. Views of the state's vectors. */
export function checkpointVectors(
  optimizer: Shape,
  state: TrainingState,
): [string, Float32Array][] {
  const slots = optimizer.slots.flatMap((name, index): [string, Float32Array][] => {
    const vector = state.slots[index];
    return vector && name !== AVERAGE ? [[name, vector]] : [];
  });
  if (!averages(optimizer)) return slots;
  return [...slots, ['weights', state.weights], ['statistics', state.statistics]];
}

/** Throws RangeError where a vector is missing or of another length. */
export function stateOf(
  { trainable, frozen, statistics }: ParameterLayout,
  optimizer: Shape,
  { parameters, slots }: Restored,
): TrainingState {
  const packed = (packing: Packing): Float32Array => {
    const values = new Float32Array(packing.size);
    packInto(packing, values, parameters);
    return values;
  };
  const fresh: Record<string, Packing> = { weights: trainable, statistics };
  const vector = (name: string, { size }: Packing): Float32Array => {
    if (!slots) return fresh[name] ? packed(fresh[name]) : new Float32Array(size);
    const values = slots.get(name);
    if (values?.length !== size) {
      throw new RangeError(`the checkpoint has no optimizer vector ${name}`);
    }
    return values;
  };
  const averaged = averages(optimizer);
  return {
    weights: averaged ? vector('weights', trainable) : packed(trainable),
    slots: optimizer.slots.map((name) =>
      name === AVERAGE ? packed(trainable) : vector(name, trainable),
    ),
    frozen: packed(frozen),
    statistics: averaged ? vector('statistics', statistics) : packed(statistics),
    averages: averaged ? packed(statistics) : new Float32Array(),
  };
}
