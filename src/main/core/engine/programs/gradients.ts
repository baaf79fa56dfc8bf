/** What every training graph holds: images and labels in, loss, right answers and gradients out. */
import type { ModelSpec } from '#shared/model-spec.ts';
import { gradients } from '../autodiff.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { dataTypes } from '../graph/onnx-proto.ts';
import { GraphError } from '../graph/shape.ts';
import type { Value } from '../graph/types.ts';
import { addInput, buildForward } from '../layers/forward.ts';
import type { ResolvedModel } from '../layers/resolve.ts';
import { buildLoss, givenWeights } from '../losses.ts';
import type { PackedParameter, ParameterLayout } from './parameters.ts';

export interface DropoutMask {
  /** Name of the graph's input. */
  input: string;
  layer: string;
  shape: readonly number[];
  rate: number;
}

export interface GradientOptions {
  spec: ModelSpec;
  model: ResolvedModel;
  layout: ParameterLayout;
  /** Images that this graph takes. */
  batch: number;
  /** Images that the loss is the mean over, where others take the rest; `batch` unless said. */
  wholeBatch?: number | undefined;
  /** One for each class; needed where the spec says 'balanced', which depends on the data. */
  classWeights?: readonly number[] | undefined;
  /** Full names of dense layers' kernels, without a penalty, whose gradient is given as factors. */
  factored?: ReadonlySet<string> | undefined;
}

export interface Gradients {
  /**
   * Of each trainable parameter, in the layout's order and in its own shape; of a factored one, of
   * what comes out of its layer: [batch, units].
   */
  parts: Value[];
  /** What goes into the layer of each factored one, [batch, inputs]: its gradient is xᵀ·part. */
  factors: (Value | null)[];
  /** Moving averages after the step, in the layout's order. */
  statistics: Value[];
  masks: DropoutMask[];
}

/**
 * Adds the model and its gradients to `b`, which has `parameters` (by full name) already:
 *
 *   image          uint8 [batch, height, width, channels]; features: float32 [batch, numbers]
 *   target         float32 [batch, classes]: how much of each class is in each image
 *   keep_…         uint8, one a dropout layer: what it keeps
 *   loss, correct  float32 []: mean loss (or this graph's part of it), number of right answers
 */
export function addGradients(
  b: GraphBuilder,
  parameters: ReadonlyMap<string, Value>,
  { spec, model, layout, batch, wholeBatch = batch, classWeights, factored }: GradientOptions,
): Gradients {
  const x = addInput(b, model, batch);
  const target = b.input('target', 'float32', [batch, model.classes]);
  const masks: DropoutMask[] = [];
  const updated = new Map<string, Value>();
  const logits = buildForward(b, model, x, {
    training: true,
    parameter: (name) => known(parameters, name),
    keepMask(layer, shape, rate) {
      const input = `keep_${layer}`;
      masks.push({ input, layer, shape, rate });
      return b.op('Cast', [b.input(input, 'uint8', shape)], { to: dataTypes.float32 });
    },
    updateStatistic: (name, value) => updated.set(name, value),
  });
  const { loss, correct } = buildLoss(b, model.head, logits, target, {
    wholeBatch,
    labelSmoothing: model.labelSmoothing,
    members: model.members,
    classWeights: classWeights ?? givenWeights(spec),
  });
  b.output('loss', loss);
  b.output('correct', correct);
  const { entries } = layout.trainable;
  // What the gradient is of: a parameter, or what comes out of its layer.
  const products = entries.map(({ fullName }) =>
    factored?.has(fullName) ? productWith(b, known(parameters, fullName)) : null,
  );
  const slopes = gradients(
    b,
    loss,
    entries.map(({ fullName }, index) => products[index]?.output ?? known(parameters, fullName)),
  );
  const parts = slopes.map((slope, index) =>
    products[index] ? slope : decayed(b, slope, entries[index], parameters, batch / wholeBatch),
  );
  const factors = products.map((product) => product?.x ?? null);
  const statistics = layout.statistics.entries.map(({ fullName }) => known(updated, fullName));
  return { parts, factors, statistics, masks };
}

/** With `share` of the slope of l2 · Σ w², which the reported loss leaves out. */
function decayed(
  b: GraphBuilder,
  gradient: Value,
  parameter: PackedParameter | undefined,
  values: ReadonlyMap<string, Value>,
  share: number,
): Value {
  if (!parameter?.l2) return gradient;
  const weights = known(values, parameter.fullName);
  return b.op('Add', [gradient, b.op('Mul', [weights, b.scalar(2 * parameter.l2 * share)])]);
}

/** The one product x · kernel of a dense layer. */
function productWith(b: GraphBuilder, kernel: Value): { x: Value; output: Value } {
  const uses = b.nodes.filter(({ inputs }) => inputs.includes(kernel));
  const [x, right] = uses[0]?.inputs ?? [];
  const [output] = uses[0]?.outputs ?? [];
  if (uses.length !== 1 || uses[0]?.op !== 'Gemm' || right !== kernel || !x || !output) {
    throw new GraphError(`${kernel.name} is no dense layer's kernel`);
  }
  return { x, output };
}

function known(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  if (!value) throw new GraphError(`parameter ${name} is not known`);
  return value;
}
