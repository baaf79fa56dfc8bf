/** The numbers of a foreign model as this engine's parameters. */
import { elements } from '../../graph/shape.ts';
import type { FloatTensor } from '../../checkpoint/safetensors.ts';
import type { ResolvedLayer, ResolvedModel } from '../../layers/resolve.ts';
import type { ParameterSpec } from '../../layers/types.ts';
import { transposed } from '../../export/keras/graph.ts';
import { unsupported, type ForeignFile, type ForeignLayer, type ForeignWeight } from './foreign.ts';
import type { Structure } from './structure.ts';

/** More numbers than this are not read: 1 GiB. */
const MOST_NUMBERS = 2 ** 28;

/** The order of a flattened image: [height, width, channels] while it is pixel by pixel. */
type Pending = readonly number[] | null;

/**
 * By full name. Keras flattens pixel by pixel and this engine channel by channel: what stands behind
 * a flatten layer with a number for each of its inputs is put into the engine's order.
 * @throws AppError MODEL_INVALID, SOURCE_UNREADABLE
 */
export function readWeights(
  file: ForeignFile,
  { excited }: Pick<Structure, 'excited'>,
  model: ResolvedModel,
  subject: string,
): Map<string, FloatTensor> {
  const found = new Map<string, FloatTensor>();
  let total = 0;

  const take = (
    layer: ResolvedLayer,
    source: ForeignLayer,
    parameters: readonly ParameterSpec[],
    pending: Pending,
  ) => {
    const weights = file.weights(source);
    if (weights.length !== parameters.length) {
      throw unsupported(
        subject,
        `the layer ${source.name} has ${weights.length} arrays of weights, and ${parameters.length} are needed.`,
      );
    }
    parameters.forEach((parameter, index) => {
      total += elements(parameter.shape);
      if (total > MOST_NUMBERS) throw unsupported(subject, 'it has more weights than can be read.');
      const tensor = turned(layer, parameter, weights[index]!, source.name, subject);
      const everyInput = layer.spec.type !== 'dense' || parameter.name === 'kernel';
      const apart = everyInput ? pending : null;
      found.set(`${layer.name}/${parameter.name}`, apart ? byChannel(tensor, apart) : tensor);
    });
  };

  const sequence = (layers: readonly ResolvedLayer[], from: Pending): Pending => {
    let pending = from;
    for (const layer of layers) {
      const { spec, parameters, name } = layer;
      if (layer.parts.length > 0) {
        const ends = layer.parts.map((part) => sequence(part, pending));
        if (ends.some((end) => end !== pending) && ends.some((end) => end !== null)) {
          throw unsupported(subject, `the layer ${name} joins what was flattened.`);
        }
        pending = ends[0] ?? null;
        continue;
      }
      if (spec.type === 'flatten') {
        const [height = 1, width = 1, channels = 1] = layer.place.input;
        const same = layer.place.input.length < 3 || channels === 1 || height * width === 1;
        pending = same || firstByChannel(file, name) ? pending : layer.place.input;
        continue;
      }
      if (pending && spec.type === 'normalization' && spec.mean.length > 1) {
        throw unsupported(subject, `the layer ${name} normalises what was flattened.`);
      }
      const both = excited.get(name);
      if (both) {
        take(layer, both.reduce, parameters.slice(0, 2), null);
        take(layer, both.expand, parameters.slice(2), null);
      } else if (parameters.length > 0) {
        take(layer, sourceOf(file, name, subject), parameters, pending);
      }
      if (spec.type === 'dense') pending = null;
    }
    return pending;
  };
  if (sequence(model.layers, null)) throw unsupported(subject, 'it ends in a flattened image.');
  return found;
}

function sourceOf(file: ForeignFile, name: string, subject: string): ForeignLayer {
  const layer = file.model.layers.get(name);
  if (!layer) throw unsupported(subject, `the layer ${name} is missing.`);
  return layer;
}

/** Whether the channels were put first before this flatten layer. */
function firstByChannel(file: ForeignFile, name: string): boolean {
  const { layers } = file.model;
  const before = layers.get(layers.get(name)?.inputs[0] ?? '');
  return before?.className === 'Permute';
}

/** Where each axis of our array lies in Keras': [filters, channels, height, width] ← [h, w, c, f]. */
const CONVOLUTION = [3, 2, 0, 1] as const;

function turned(
  { spec }: ResolvedLayer,
  { name, shape }: ParameterSpec,
  weight: ForeignWeight,
  layer: string,
  subject: string,
): FloatTensor {
  const depthwise =
    spec.type === 'depthwiseconv2d' ||
    (spec.type === 'separableconv2d' && name === 'depthwise_kernel');
  const [first = 1, second = 1, height = 1, width = 1] = shape;
  const theirs =
    shape.length < 4
      ? [...shape]
      : depthwise
        ? [height, width, first / multiplierOf(spec), multiplierOf(spec)]
        : [height, width, second, first];
  if (weight.shape.join() !== theirs.join()) {
    throw unsupported(
      subject,
      `the layer ${layer} has weights of ${weight.shape.join('×')}, and ${theirs.join('×')} are needed.`,
    );
  }
  const data = weight.read();
  if (!data.every(Number.isFinite))
    throw unsupported(subject, `the layer ${layer} has weights that are no numbers.`);
  if (shape.length < 4) return { shape, data };
  return { shape, data: transposed(data, theirs, depthwise ? [2, 3, 0, 1] : CONVOLUTION).data };
}

function multiplierOf(spec: ResolvedLayer['spec']): number {
  return 'multiplier' in spec ? (spec.multiplier ?? 1) : 1;
}

/** First axis from pixel by pixel to channel by channel. */
function byChannel({ shape, data }: FloatTensor, image: readonly number[]): FloatTensor {
  const [height = 1, width = 1, channels = 1] = image;
  const pixels = height * width;
  if (shape[0] !== pixels * channels) return { shape, data };
  const rest = elements(shape.slice(1));
  return { shape, data: transposed(data, [pixels, channels, rest], [1, 0, 2]).data };
}
