/** Graphs that answer: the model with its trained weights inside, for the app and for export. */
import { viewsOf, type View, type ViewsSpec } from '#shared/views.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { GraphError } from '../graph/shape.ts';
import type { Graph, Value } from '../graph/types.ts';
import { addInput, buildForward, pixelsToUnit, type ForwardOptions } from '../layers/forward.ts';
import type { ResolvedModel } from '../layers/resolve.ts';
import { buildProbabilities } from '../losses.ts';
import type { ParameterValues } from './parameters.ts';

/** The model as it answers, on float32 [N, C, H, W] in 0…1. */
export function buildAnswer(
  b: GraphBuilder,
  model: ResolvedModel,
  input: Value,
  options: Pick<ForwardOptions, 'parameter' | 'onLayer' | 'onInner'>,
): Value {
  return buildForward(b, model, input, {
    ...options,
    training: false,
    keepMask: (layer) => {
      throw new GraphError(`${layer} drops in inference`);
    },
    updateStatistic: (name) => {
      throw new GraphError(`${name} changes in inference`);
    },
  });
}

/** The same with its weights inside. */
export function buildLogits(
  b: GraphBuilder,
  model: ResolvedModel,
  input: Value,
  parameters: ParameterValues,
  onLayer?: ForwardOptions['onLayer'],
  onInner?: ForwardOptions['onInner'],
): Value {
  return buildWith(b, model, input, weightsIn(b, parameters), { onLayer, onInner });
}

/** The weights as constants of the graph, by their names. */
export function weightsIn(
  b: GraphBuilder,
  parameters: ParameterValues,
): ReadonlyMap<string, Value> {
  return new Map(
    [...parameters].map(([name, { shape, data }]) => [
      name,
      b.initializer(name, { dtype: 'float32', dims: shape, data }),
    ]),
  );
}

/** The model as it answers, with weights of `weightsIn`. */
export function buildWith(
  b: GraphBuilder,
  model: ResolvedModel,
  input: Value,
  values: ReadonlyMap<string, Value>,
  told: Pick<ForwardOptions, 'onLayer' | 'onInner'> = {},
): Value {
  return buildAnswer(b, model, input, {
    ...told,
    parameter(name) {
      const value = values.get(name);
      if (!value) throw new GraphError(`parameter ${name} is not in the checkpoint`);
      return value;
    },
  });
}

interface Answers {
  /** Of the image as it is. */
  logits: Value;
  /** Averaged over all views. */
  probabilities: Value;
}

/** @param input float32 [N, C, H, W] in 0…1 */
function buildAnswers(
  b: GraphBuilder,
  model: ResolvedModel,
  input: Value,
  parameters: ParameterValues,
  views: ViewsSpec | null,
): Answers {
  const weights = weightsIn(b, parameters);
  const all = viewsOf(views).map((view) =>
    buildWith(b, model, inView(b, input, view, model.input), weights),
  );
  const [logits] = all;
  if (!logits) throw new GraphError('no view');
  const each = all.map((rows) => buildProbabilities(b, model.head, rows));
  return { logits, probabilities: meanOf(b, each) };
}

export function meanOf(b: GraphBuilder, values: readonly Value[]): Value {
  const sum = values.reduce((total, value) => b.op('Add', [total, value]));
  return values.length > 1 ? b.op('Mul', [sum, b.scalar(1 / values.length)]) : sum;
}

/** The images as a view shows them; what it looks at beyond an edge is the edge again. */
export function inView(
  b: GraphBuilder,
  images: Value,
  { flip, right, down }: View,
  { height, width }: ResolvedModel['input'],
): Value {
  const turned = flip
    ? b.op('Slice', [images, b.ints([-1]), b.ints([-width - 1]), b.ints([3]), b.ints([-1])])
    : images;
  return moved(b, moved(b, turned, 3, width, right), 2, height, down);
}

function moved(b: GraphBuilder, images: Value, axis: number, length: number, by: number): Value {
  if (by === 0) return images;
  const part = (from: number, to: number) =>
    b.op('Slice', [images, b.ints([from]), b.ints([to]), b.ints([axis])]);
  const edge = by > 0 ? part(0, 1) : part(length - 1, length);
  const edges = new Array<Value>(Math.abs(by)).fill(edge);
  const parts = by > 0 ? [...edges, part(0, length - by)] : [part(-by, length), ...edges];
  return b.op('Concat', parts, { axis });
}

/** image uint8 [batch, height, width, channels] → logits, probabilities float32 [batch, classes]. */
export function buildInference(
  model: ResolvedModel,
  parameters: ParameterValues,
  views: ViewsSpec | null = null,
): Graph {
  const b = new GraphBuilder(`infer_${model.name}`);
  const x = addInput(b, model, 'batch');
  const answers = buildAnswers(b, model, x, parameters, views);
  b.output('logits', answers.logits);
  b.output('probabilities', answers.probabilities);
  return b.finish();
}

/**
 * The exported model: images of any size, uint8 [batch, height, width, channels], are scaled to the
 * model's own inside the graph (antialiased, rounded to whole pixel values, as the app does when it
 * reads a file), so whoever runs it needs no preprocessing of their own.
 */
export function buildExport(
  model: ResolvedModel,
  parameters: ParameterValues,
  views: ViewsSpec | null = null,
): Graph {
  const b = new GraphBuilder(model.name);
  const { height, width, channels } = model.input;
  const image = b.input('image', 'uint8', ['batch', 'height', 'width', channels]);
  // On whole pixel values and without samples from outside the picture: Pillow's filter, which
  // `#shared/resize.ts` follows too.
  const scaled = b.op('Resize', [image, null, null, b.ints([height, width])], {
    mode: 'linear',
    coordinate_transformation_mode: 'half_pixel',
    antialias: 1,
    exclude_outside: 1,
    axes: [1, 2],
  });
  const { probabilities } = buildAnswers(b, model, pixelsToUnit(b, scaled), parameters, views);
  b.output('probabilities', probabilities);
  return b.finish();
}
