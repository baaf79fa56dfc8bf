/** Graphs that answer: the model with its trained weights inside, for the app and for export. */
import { GraphBuilder } from '../graph/builder.ts';
import { GraphError } from '../graph/shape.ts';
import type { Graph, Value } from '../graph/types.ts';
import { buildForward, pixelsToUnit, type ForwardOptions } from '../layers/forward.ts';
import type { ResolvedModel } from '../layers/resolve.ts';
import { buildProbabilities } from '../losses.ts';
import type { ParameterValues } from './parameters.ts';

/** The model as it answers, on float32 [N, C, H, W] in 0…1. */
export function buildAnswer(
  b: GraphBuilder,
  model: ResolvedModel,
  input: Value,
  options: Pick<ForwardOptions, 'parameter' | 'onLayer'>,
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
): Value {
  const values = new Map<string, Value>();
  for (const [name, { shape, data }] of parameters) {
    values.set(name, b.initializer(name, { dtype: 'float32', dims: shape, data }));
  }
  return buildAnswer(b, model, input, {
    onLayer,
    parameter(name) {
      const value = values.get(name);
      if (!value) throw new GraphError(`parameter ${name} is not in the checkpoint`);
      return value;
    },
  });
}

/** image uint8 [batch, height, width, channels] → logits, probabilities float32 [batch, classes]. */
export function buildInference(model: ResolvedModel, parameters: ParameterValues): Graph {
  const b = new GraphBuilder(`infer_${model.name}`);
  const { height, width, channels } = model.input;
  const image = b.input('image', 'uint8', ['batch', height, width, channels]);
  const logits = buildLogits(b, model, pixelsToUnit(b, image), parameters);
  b.output('logits', logits);
  b.output('probabilities', buildProbabilities(b, model.head, logits));
  return b.finish();
}

/**
 * The exported model: images of any size, uint8 [batch, height, width, channels], are scaled to the
 * model's own inside the graph (antialiased, rounded to whole pixel values, as the app does when it
 * reads a file), so whoever runs it needs no preprocessing of their own.
 */
export function buildExport(model: ResolvedModel, parameters: ParameterValues): Graph {
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
  const logits = buildLogits(b, model, pixelsToUnit(b, scaled), parameters);
  b.output('probabilities', buildProbabilities(b, model.head, logits));
  return b.finish();
}
