/**
 * One training step as one graph, for devices that keep the parameters: images and labels in, loss
 * and updated parameters out.
 *
 *   image, target, keep_…, loss, correct   as in gradients.ts
 *   weights        float32 [P], all trainable parameters one after the other
 *   weights_next   the same after the step; likewise slot_… and slot_…_next for the optimizer
 *   frozen         float32 [F], only if there are frozen parameters
 *   statistics(_next)  float32 [S], moving averages, only if there are any
 *   averages(_next)    float32 [S], their averages over the steps, where weights are averaged too
 *   rate, …        float32 [], the optimizer's scalars
 */
import type { AveragingSpec } from '#shared/averaging.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import { graphArithmetic } from '../arithmetic.ts';
import type { Backbones } from '../backbones/backbones.ts';
import { blockChannels } from '../blocked/index.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { GraphError } from '../graph/shape.ts';
import type { Graph, Value } from '../graph/types.ts';
import { modelOf, type ResolvedModel } from '../layers/resolve.ts';
import { clipByNorm } from '../losses.ts';
import { AVERAGE, atRates, createOptimizer, towards, type Optimizer } from '../optimizers.ts';
import type { Lowerings } from '../ops/lowerings.ts';
import { addGradients, type DropoutMask } from './gradients.ts';
import { layoutParameters, ratesOf, type Packing, type ParameterLayout } from './parameters.ts';

export interface TrainStep {
  graph: Graph;
  model: ResolvedModel;
  layout: ParameterLayout;
  optimizer: Optimizer;
  masks: DropoutMask[];
  batch: number;
  /** Names of the inputs that stay from step to step; each has an output `…_next`. */
  state: string[];
}

export interface TrainStepOptions {
  spec: ModelSpec;
  classes: number;
  /** The pretrained networks of the spec. */
  backbones?: Backbones | undefined;
  /** Layers at the beginning whose answers come in place of images. */
  prefix?: number | undefined;
  batch: number;
  /** Full names (`layer/kernel`) of the parameters that do not learn. */
  frozen?: ReadonlySet<string>;
  /** One for each class; needed where the spec says 'balanced', which depends on the data. */
  classWeights?: readonly number[] | undefined;
  /** How weights are averaged over the steps; not at all unless given. */
  averaging?: AveragingSpec | null | undefined;
  lowerings?: Lowerings;
  /** Also give the flat gradient as output `gradient`, for tests. */
  exposeGradient?: boolean;
}

export function buildTrainStep(options: TrainStepOptions): TrainStep {
  const { spec, batch } = options;
  const model = modelOf(options);
  const layout = layoutParameters(model, options.frozen);
  const optimizer = createOptimizer(spec.optimizer, options.averaging);
  const b = new GraphBuilder(`train_${spec.name}`, options.lowerings);
  const { trainable, frozen, statistics } = layout;

  const weights = b.input('weights', 'float32', [trainable.size]);
  const slots = optimizer.slots.map((name) => b.input(`slot_${name}`, 'float32', [trainable.size]));
  const scalars = optimizer.scalars.map((name) => b.input(name, 'float32', []));
  const values = new Map(unpackInGraph(b, trainable, weights));
  for (const [name, packing] of Object.entries({ frozen, statistics })) {
    if (packing.size === 0) continue;
    const vector = b.input(name, 'float32', [packing.size]);
    for (const [fullName, value] of unpackInGraph(b, packing, vector)) values.set(fullName, value);
  }

  const found = addGradients(b, values, { ...options, model, layout });
  const gradient = joinFlat(b, trainable, found.parts);
  if (options.exposeGradient) b.output('gradient', gradient);
  const { clipNorm } = spec.optimizer;
  const step = clipNorm === undefined ? gradient : clipByNorm(b, gradient, clipNorm);
  const rates = ratesOf(trainable);
  const multiplier = rates && b.tensor({ dtype: 'float32', dims: [rates.length], data: rates });
  const inputs = atRates(graphArithmetic(b), optimizer, scalars, multiplier);
  const update = optimizer.update(graphArithmetic(b), weights, step, slots, inputs);
  b.output('weights_next', update.weights);
  for (const [index, name] of optimizer.slots.entries()) {
    const slot = update.slots[index];
    if (!slot) throw new GraphError(`the optimizer lost its slot ${name}`);
    b.output(`slot_${name}_next`, slot);
  }
  const state = ['weights', ...optimizer.slots.map((name) => `slot_${name}`)];
  if (statistics.size > 0) {
    const next = joinFlat(b, statistics, found.statistics);
    b.output('statistics_next', next);
    state.push('statistics');
    const share = scalars.at(-1);
    if (optimizer.slots.includes(AVERAGE) && share) {
      const averages = b.input('averages', 'float32', [statistics.size]);
      b.output('averages_next', towards(graphArithmetic(b), averages, next, share));
      state.push('averages');
    }
  }
  const graph = blockChannels(b.finish(), b.lowerings.block);
  return { graph, model, layout, optimizer, masks: found.masks, batch, state };
}

function split(b: GraphBuilder, { entries }: Packing, vector: Value): Value[] {
  return b.node('Split', [vector, b.ints(entries.map(({ size }) => size))], { axis: 0 });
}

function slices(b: GraphBuilder, { entries }: Packing, vector: Value): Value[] {
  return entries.map(({ offset, size }) =>
    b.op('Slice', [vector, b.ints([offset]), b.ints([offset + size]), b.ints([0])]),
  );
}

function unpackInGraph(b: GraphBuilder, packing: Packing, vector: Value): [string, Value][] {
  const parts =
    b.lowerings.unpack === 'slices' ? slices(b, packing, vector) : split(b, packing, vector);
  return packing.entries.map(({ fullName, shape }, index) => {
    const part = parts[index];
    if (!part) throw new GraphError(`${fullName} is not in its vector`);
    return [fullName, shape.length === 1 ? part : b.reshape(part, shape)];
  });
}

function joinFlat(b: GraphBuilder, packing: Packing, parts: readonly Value[]): Value {
  const flat = parts.map((part, index) =>
    part.shape.length === 1 ? part : b.reshape(part, [packing.entries[index]?.size ?? -1]),
  );
  return b.op('Concat', flat, { axis: 0 });
}
