/**
 * A trained model as a Keras functional model: float32 pixels from 0 to 255 at the model's size in,
 * a probability for each class out. One config for `.keras`, `.h5` and TensorFlow.js.
 */
import type { Activation } from '#shared/model-spec.ts';
import { viewsOf, type View } from '#shared/views.ts';
import { isBlock } from '#shared/layer-tree.ts';
import type { ModelSource } from '../converter.ts';
import type { ResolvedLayer } from '../../layers/resolve.ts';
import type { Head } from '../../losses.ts';
import type { ParameterValues } from '../../programs/parameters.ts';
import { activate, neverNegative, rescale } from './activations.ts';
import { KerasBuilder, type Dialect, type KerasModel, type KerasTensor } from './graph.ts';
import { makeLayer, trainingSettings } from './layers.ts';

/** @param ends 'logits': what training goes on from, without views and without the last activation */
export function kerasModel(
  { model, parameters, views }: Pick<ModelSource, 'model' | 'parameters' | 'views'>,
  dialect: Dialect,
  ends: 'probabilities' | 'logits' = 'probabilities',
): KerasModel {
  const b = new KerasBuilder(dialect);
  const { height, width, channels } = model.input;
  const input = b.input('image', [height, width, channels]);
  const pixels = rescale(b, 'pixels', input, 1 / 255, 0);
  const logits = (x: KerasTensor) => sequence({ b, parameters }, model.layers, x, true);
  if (ends === 'logits') return b.finish(model.name, input, logits(pixels));
  const answers = viewsOf(views).map((view, index) =>
    answer(b, logits(seen(b, pixels, view, index)), model.head, model.members),
  );
  const [first] = answers;
  if (!first) throw new RangeError('no view');
  const output =
    answers.length === 1
      ? first
      : b.add({ name: 'mean_answer', className: 'Average', inputs: answers, output: first.shape });
  return b.finish(model.name, input, output);
}

interface Context {
  b: KerasBuilder;
  parameters: ParameterValues;
}

/** @param toLogits the last layer goes without its activation, which is part of the answer */
function sequence(
  context: Context,
  layers: readonly ResolvedLayer[],
  input: KerasTensor,
  toLogits = false,
): KerasTensor {
  let x = input;
  let positive = false;
  let flattened: readonly number[] | null = null;
  for (const [index, layer] of layers.entries()) {
    const last = toLogits && index === layers.length - 1;
    const activation = last ? 'linear' : layer.activation;
    if (isBlock(layer.spec)) {
      x = block(context, layer, x, activation);
    } else {
      const { b, parameters } = context;
      const { name, output, place, spec } = layer;
      const folded = spec.type === 'flatten' && foldable(layers, index);
      if (folded && x.shape.length === 3) flattened = x.shape;
      const training = trainingSettings(b, layer.spec);
      const at = { b, name, output, trainable: !place.frozen, activation, training };
      x = makeLayer(
        { b, layer, parameters, place: at, neverNegative: positive, flattened, folded },
        layer.spec,
        x,
      );
      if (spec.type === 'dense') flattened = null;
    }
    positive = neverNegative(activation) || (positive && keepsSign.has(layer.spec.type));
  }
  return x;
}

const keepsSign = new Set([
  'dropout',
  'spatialdropout2d',
  'zeropadding2d',
  'maxpool2d',
  'averagepool2d',
  'upsampling2d',
]);

/** Layers that treat every number alike, so that the order of the numbers is no matter to them. */
const orderless = new Set(['dropout', 'activation', 'leakyrelu', 'rescaling']);

/** Whether a dense layer follows that can take the pixels in Keras' order. */
function foldable(layers: readonly ResolvedLayer[], flatten: number): boolean {
  const next = layers.slice(flatten + 1).find(({ spec }) => !orderless.has(spec.type));
  return next?.spec.type === 'dense';
}

function block(
  context: Context,
  layer: ResolvedLayer,
  x: KerasTensor,
  activation: Activation,
): KerasTensor {
  const { b } = context;
  const { name, output } = layer;
  const inputs = layer.parts.map((part) => sequence(context, part, x));
  const plain = activation === 'linear';
  const className = layer.className;
  const config = className === 'Concatenate' ? { axis: -1 } : {};
  const joined = b.add({ name: plain ? name : `${name}_join`, className, config, inputs, output });
  return plain ? joined : activate(b, name, activation, joined);
}

/** As `buildProbabilities` in losses.ts, with layers. */
function answer(b: KerasBuilder, logits: KerasTensor, head: Head, members: number): KerasTensor {
  const [outputs = 1] = logits.shape;
  if (members > 1) {
    const each = [members, outputs / members];
    const config = { target_shape: each };
    const apart = b.add({
      name: 'members',
      className: 'Reshape',
      config,
      inputs: [logits],
      output: each,
    });
    const answers = activate(b, 'answers', 'softmax', apart);
    const output = each.slice(1);
    return b.add({
      name: 'probabilities',
      className: 'GlobalAveragePooling1D',
      inputs: [answers],
      output,
    });
  }
  switch (head) {
    case 'softmax':
      return activate(b, 'probabilities', 'softmax', logits);
    case 'sigmoid': {
      const second = activate(b, 'second', 'sigmoid', logits);
      const first = rescale(b, 'first', second, -1, 1);
      const inputs = [first, second];
      const config = { axis: -1 };
      return b.add({
        name: 'probabilities',
        className: 'Concatenate',
        config,
        inputs,
        output: [2],
      });
    }
    case 'sigmoids': {
      // The softmax of the logarithms of the sigmoids: they are divided by their sum.
      const doubt = rescale(b, 'doubt', logits, -1, 0);
      const config = { activation: 'softplus' };
      const soft = b.add({
        name: 'softplus',
        className: 'Activation',
        config,
        inputs: [doubt],
        output: logits.shape,
      });
      return activate(b, 'probabilities', 'softmax', rescale(b, 'logs', soft, -1, 0));
    }
  }
}

/**
 * The image as a view shows it. Mirroring and moving along one axis are products with a matrix of
 * zeros and ones; what a view looks at beyond an edge is the edge again.
 */
function seen(
  b: KerasBuilder,
  x: KerasTensor,
  { flip, right, down }: View,
  index: number,
): KerasTensor {
  const [height = 1, width = 1] = x.shape;
  const columns = along(b, `view_${index}_columns`, x, 1, sources(width, right, flip));
  return along(b, `view_${index}_rows`, columns, 0, sources(height, down, false));
}

/** Which place of an axis each place shows. */
function sources(length: number, by: number, flip: boolean): number[] {
  return Array.from({ length }, (_, at) => {
    const from = Math.min(length - 1, Math.max(0, at - by));
    return flip ? length - 1 - from : from;
  });
}

function along(
  b: KerasBuilder,
  name: string,
  x: KerasTensor,
  axis: 0 | 1,
  from: number[],
): KerasTensor {
  if (from.every((source, at) => source === at)) return x;
  const { length } = from;
  const data = new Float32Array(length * length);
  for (const [at, source] of from.entries()) data[source * length + at] = 1;
  // The axis comes last, is multiplied, and goes back: an exchange with the channels.
  const dims = axis === 1 ? [1, 3, 2] : [3, 2, 1];
  const exchanged = dims.map((dim) => x.shape[dim - 1] ?? 1);
  const permute = (as: string, input: KerasTensor, output: readonly number[]) =>
    b.add({ name: as, className: 'Permute', config: { dims }, inputs: [input], output });
  const moved = b.add({
    name,
    className: 'Dense',
    config: { units: length, use_bias: false, activation: 'linear' },
    inputs: [permute(`${name}_last`, x, exchanged)],
    output: exchanged,
    weights: [{ name: 'kernel', shape: [length, length], data }],
    trainable: false,
  });
  return permute(`${name}_back`, moved, x.shape);
}
