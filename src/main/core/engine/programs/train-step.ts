/**
 * One training step as one graph: uint8 images and labels in, loss and updated parameters out.
 *
 *   image          uint8 [batch, height, width, channels]
 *   label          int32 [batch]
 *   weights        float32 [P], all trainable parameters one after the other
 *   weights_next   the same after the step; likewise slot_… and slot_…_next for the optimizer
 *   frozen         float32 [F], only if there are frozen parameters
 *   statistics(_next)  float32 [S], moving averages, only if there are any
 *   keep_…         uint8, one a dropout layer: what it keeps
 *   rate, …        float32 [], the optimizer's scalars
 *   loss, correct  float32 []: mean loss, number of right answers
 */
import type { ModelSpec } from '#shared/model-spec.ts';
import { gradients } from '../autodiff.ts';
import { blockChannels } from '../blocked/index.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { dataTypes } from '../graph/onnx-proto.ts';
import { GraphError } from '../graph/shape.ts';
import type { Graph, Value } from '../graph/types.ts';
import { buildForward, pixelsToUnit } from '../layers/forward.ts';
import { resolveModel, type ResolvedModel } from '../layers/resolve.ts';
import { buildLoss, clipByNorm, givenWeights } from '../losses.ts';
import { createOptimizer, type Optimizer } from '../optimizers.ts';
import type { Lowerings } from '../ops/lowerings.ts';
import {
  layoutParameters,
  type PackedParameter,
  type Packing,
  type ParameterLayout,
} from './parameters.ts';

export interface DropoutMask {
  /** Name of the graph's input. */
  input: string;
  layer: string;
  shape: readonly number[];
  rate: number;
}

export interface TrainStep {
  graph: Graph;
  model: ResolvedModel;
  layout: ParameterLayout;
  optimizer: Optimizer;
  masks: DropoutMask[];
  batch: number;
}

export interface TrainStepOptions {
  spec: ModelSpec;
  classes: number;
  batch: number;
  /** Full names (`layer/kernel`) of the parameters that do not learn. */
  frozen?: ReadonlySet<string>;
  /** One for each class; needed where the spec says 'balanced', which depends on the data. */
  classWeights?: readonly number[] | undefined;
  lowerings?: Lowerings;
  /** Also give the flat gradient as output `gradient`, for tests. */
  exposeGradient?: boolean;
}

export function buildTrainStep(options: TrainStepOptions): TrainStep {
  const { spec, classes, batch } = options;
  const model = resolveModel(spec, classes);
  const layout = layoutParameters(model, options.frozen);
  const optimizer = createOptimizer(spec.optimizer);
  const b = new GraphBuilder(`train_${spec.name}`, options.lowerings);
  const { height, width, channels } = model.input;

  const image = b.input('image', 'uint8', [batch, height, width, channels]);
  const labels = b.input('label', 'int32', [batch]);
  const weights = b.input('weights', 'float32', [layout.trainable.size]);
  const slots = optimizer.slots.map((name) =>
    b.input(`slot_${name}`, 'float32', [layout.trainable.size]),
  );
  const scalars = optimizer.scalars.map((name) => b.input(name, 'float32', []));

  const values = new Map<string, Value>();
  const trainable = unpackInGraph(b, layout.trainable, weights);
  for (const [name, value] of trainable) values.set(name, value);
  if (layout.frozen.size > 0) {
    const frozen = b.input('frozen', 'float32', [layout.frozen.size]);
    for (const [name, value] of unpackInGraph(b, layout.frozen, frozen)) values.set(name, value);
  }
  if (layout.statistics.size > 0) {
    const statistics = b.input('statistics', 'float32', [layout.statistics.size]);
    for (const [name, value] of unpackInGraph(b, layout.statistics, statistics)) {
      values.set(name, value);
    }
  }

  const masks: DropoutMask[] = [];
  const updated = new Map<string, Value>();
  const logits = buildForward(b, model, pixelsToUnit(b, image), {
    training: true,
    parameter: (name) => known(values, name),
    keepMask(layer, shape, rate) {
      const input = `keep_${layer}`;
      masks.push({ input, layer, shape, rate });
      return b.op('Cast', [b.input(input, 'uint8', shape)], { to: dataTypes.float32 });
    },
    updateStatistic: (name, value) => updated.set(name, value),
  });

  const { loss, correct } = buildLoss(b, model.head, logits, labels, {
    labelSmoothing: model.labelSmoothing,
    classWeights: options.classWeights ?? givenWeights(spec),
  });
  b.output('loss', loss);
  b.output('correct', correct);
  const parts = gradients(
    b,
    loss,
    layout.trainable.entries.map(({ fullName }) => known(values, fullName)),
  ).map((part, index) => decayed(b, part, layout.trainable.entries[index], values));
  const gradient = joinFlat(b, layout.trainable, parts);
  if (options.exposeGradient) b.output('gradient', gradient);
  const { clipNorm } = spec.optimizer;
  const step = clipNorm === undefined ? gradient : clipByNorm(b, gradient, clipNorm);
  const update = optimizer.update(b, weights, step, slots, scalars);
  b.output('weights_next', update.weights);
  for (const [index, name] of optimizer.slots.entries()) {
    const slot = update.slots[index];
    if (!slot) throw new GraphError(`the optimizer lost its slot ${name}`);
    b.output(`slot_${name}_next`, slot);
  }
  if (layout.statistics.size > 0) {
    const next = layout.statistics.entries.map(({ fullName }) => known(updated, fullName));
    b.output('statistics_next', joinFlat(b, layout.statistics, next));
  }
  const graph = blockChannels(b.finish(), b.lowerings.block);
  return { graph, model, layout, optimizer, masks, batch };
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

/** With the slope of l2 · Σ w², which the reported loss leaves out. */
function decayed(
  b: GraphBuilder,
  gradient: Value,
  parameter: PackedParameter | undefined,
  values: ReadonlyMap<string, Value>,
): Value {
  if (!parameter?.l2) return gradient;
  const weights = known(values, parameter.fullName);
  return b.op('Add', [gradient, b.op('Mul', [weights, b.scalar(2 * parameter.l2)])]);
}

function joinFlat(b: GraphBuilder, packing: Packing, parts: readonly Value[]): Value {
  const flat = parts.map((part, index) =>
    part.shape.length === 1 ? part : b.reshape(part, [packing.entries[index]?.size ?? -1]),
  );
  return b.op('Concat', flat, { axis: 0 });
}

function known(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  if (!value) throw new GraphError(`parameter ${name} is not known`);
  return value;
}
