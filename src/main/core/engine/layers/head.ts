/** What the loss asks of a model's end. */
import type { LayerSpec, ModelSpec } from '#shared/model-spec.ts';
import type { Head } from '../losses.ts';
import { describe, ModelError, modelError } from './errors.ts';
import type { ResolvedLayer } from './resolve.ts';

/**
 * The loss needs one number a class, or one for two; softmax or sigmoid at the end joins it.
 * @throws ModelError at the last layer
 */
export function headOf(spec: ModelSpec, layers: readonly ResolvedLayer[], classes: number): Head {
  const last = layers.at(-1);
  if (!last) throw modelError(spec.name, `The model ${spec.name} has no layers.`);
  try {
    return checkedHead(spec, last, classes);
  } catch (error) {
    if (error instanceof ModelError) error.path ??= last.path;
    throw error;
  }
}

function checkedHead(spec: ModelSpec, last: ResolvedLayer, classes: number): Head {
  const { name, output } = last;
  const wanted = spec.loss === 'crossentropy' ? 'softmax' : 'sigmoid';
  const single = wanted === 'sigmoid' && output.join() === '1';
  if (single && classes !== 2) {
    throw modelError(
      name,
      `The last layer, ${name}, gives one number, which tells two classes apart; there are ${classes}.`,
      `End with a dense layer of 'classes' units.`,
      toClasses(last, wanted),
    );
  }
  const { members = 1 } = spec;
  if (members > 1 && wanted !== 'softmax') {
    throw modelError(
      name,
      `Only models that end in softmax can answer together; ${spec.name} has ${members} members.`,
      'Choose cross-entropy as its loss.',
    );
  }
  if (members > 1 && output.join() === String(members * classes) && last.activation === 'linear') {
    return 'softmax';
  }
  if (members > 1) {
    throw modelError(
      name,
      `The last layer, ${name}, must give ${classes} outputs for each of ${members} members, without an activation.`,
      "Join as many branches, each of which ends in a dense layer of 'classes' units.",
    );
  }
  if (!single && output.join() !== String(classes)) {
    const found = output.length === 1 ? `${output.join('')} outputs` : describe(output);
    throw modelError(
      name,
      `The last layer, ${name}, must give one output for each of the ${classes} classes; it gives ${found}.`,
      `End with a dense layer of 'classes' units and ${wanted}.`,
      toClasses(last, wanted),
    );
  }
  if (last.activation !== wanted && last.activation !== 'linear') {
    throw modelError(
      name,
      `The last layer, ${name}, must end in ${wanted}; it ends in ${last.activation}.`,
      `Choose ${wanted} as its activation, or another loss.`,
      'activation' in last.spec
        ? { label: `End in ${wanted}`, changes: { activation: wanted } }
        : undefined,
    );
  }
  if (wanted === 'softmax') return 'softmax';
  return single ? 'sigmoid' : 'sigmoids';
}

function toClasses({ spec, output }: ResolvedLayer, activation: 'softmax' | 'sigmoid') {
  const end = { type: 'dense', units: 'classes', activation } as const;
  const label = 'Give one output a class';
  if (spec.type === 'dense') return { label, changes: { units: 'classes', activation } };
  const after: LayerSpec[] = output.length === 1 ? [end] : [{ type: 'flatten' }, end];
  return { label, after };
}

export function checkClassWeights({ name, classWeights }: ModelSpec, classes: number): void {
  if (typeof classWeights !== 'object' || classWeights.length === classes) return;
  throw modelError(
    name,
    `The model ${name} has weights for ${classWeights.length} classes; there are ${classes}.`,
    "Give one weight for each class, or 'balanced'.",
  );
}

/** Training must have something to change. */
export function checkTrainable({ name }: ModelSpec, layers: readonly ResolvedLayer[]): void {
  const weights = layers.some(
    ({ place, parameters }) =>
      !place.frozen && parameters.some(({ kind, frozen }) => kind === 'weight' && !frozen),
  );
  if (weights) return;
  throw modelError(
    name,
    `No layer of ${name} has anything to learn.`,
    'Add a dense layer, or let a frozen layer learn.',
  );
}
