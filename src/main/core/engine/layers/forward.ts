import type { GraphBuilder } from '../graph/builder.ts';
import { dataTypes } from '../graph/onnx-proto.ts';
import { rowLength } from '../data/row-format.ts';
import type { Dim, Value } from '../graph/types.ts';
import { applyActivation } from './activations.ts';
import { joinMembers } from '../losses.ts';
import { canPoolInPhases, convThenMaxPool } from './conv-pool.ts';
import type { ResolvedLayer, ResolvedModel } from './resolve.ts';
import type { BuildContext } from './types.ts';

/** What a forward pass needs from the graph it is built into. */
export interface ForwardOptions {
  training: boolean;
  /** The parameter called `layer/name`. */
  parameter(fullName: string): Value;
  keepMask(layer: string, shape: readonly number[], rate: number): Value;
  updateStatistic(fullName: string, value: Value): void;
  /**
   * Told what each layer gives out, before and after its activation, those inside a block before it.
   * ReLU then stays where the spec has it. The last layer's logits are both.
   */
  onLayer?: ((layer: ResolvedLayer, linear: Value, output: Value) => void) | undefined;
  /** Told each value inside of a pretrained network, `layer/name`, before the layer itself. */
  onInner?: ((fullName: string, value: Value) => void) | undefined;
}

/** uint8 [N, H, W, C] → float32 [N, C, H, W] in 0…1. */
export function pixelsToUnit(b: GraphBuilder, image: Value): Value {
  const [, height, width, channels] = image.shape;
  // With one channel both layouts are the same bytes; a transpose would keep the runtime from
  // treating the pixels as rows, and make everything before it ten times slower.
  const channelsFirst =
    channels === 1 && typeof height === 'number' && typeof width === 'number'
      ? b.reshape(image, [0, 1, height, width])
      : b.transpose(image, [0, 3, 1, 2]);
  return b.op('Div', [b.op('Cast', [channelsFirst], { to: dataTypes.float32 }), b.scalar(255)]);
}

/**
 * The graph's input `image`: uint8 [N, H, W, C], or float32 [N, numbers] of a model that begins with
 * features. Answers it as the first layer takes it.
 */
export function addInput(
  b: GraphBuilder,
  { input, layers }: Pick<ResolvedModel, 'input' | 'layers'>,
  batch: Dim,
): Value {
  const { height, width, channels } = input;
  if (input.values !== 'float32') {
    return pixelsToUnit(b, b.input('image', 'uint8', [batch, height, width, channels]));
  }
  const features = b.input('image', 'float32', [batch, rowLength(input)]);
  const [rows = 0, columns = 0, maps] = layers[0]?.place.input ?? [];
  return maps === undefined ? features : b.reshape(features, [0, maps, rows, columns]);
}

/**
 * Adds the model: float32 [N, C, H, W] → logits, float32 [N, classes], or [N, 1] of a single sigmoid.
 * Several members give [N, members · classes] in training and their joint answer in inference.
 */
export function buildForward(
  b: GraphBuilder,
  model: ResolvedModel,
  input: Value,
  options: ForwardOptions,
): Value {
  const last = model.layers.at(-1);
  // The loss works on logits: it is stable, and softmax or sigmoid is part of its gradient.
  const toLogits = last?.activation === (model.head === 'softmax' ? 'softmax' : 'sigmoid');
  const logits = buildSequence(b, model.layers, input, options, toLogits);
  return options.training ? logits : joinMembers(b, logits, model.members);
}

/** Layers one after the other; with `toLogits`, without the last one's activation. */
function buildSequence(
  b: GraphBuilder,
  layers: readonly ResolvedLayer[],
  input: Value,
  options: ForwardOptions,
  toLogits = false,
): Value {
  let x = input;
  for (const [index, layer] of layers.entries()) {
    const next = layers[index + 1];
    const before = layers[index - 1];
    const context = contextFor(b, layer, options);
    if (before && pooledInPhases(b, before, layer, options)) {
      // The convolution before has done it already.
    } else if (next && pooledInPhases(b, layer, next, options)) {
      x = convThenMaxPool(context, layer, next, x);
    } else if (layer.parts.length > 0) {
      const from = x;
      const parts = layer.parts.map((part) => buildSequence(b, part, from, options));
      x = layer.build(context, parts);
    } else {
      x = layer.build(context, [x]);
    }
    const { onLayer } = options;
    const linear = x;
    if (!next && toLogits) {
      onLayer?.(layer, linear, linear);
    } else if (onLayer) {
      x = applyActivation(b, layer.activation, linear);
      onLayer(layer, linear, x);
    } else if (!poolsFirst(layer, next)) {
      x = applyActivation(b, pending(layers, index), linear);
    }
  }
  return x;
}

function pooledInPhases(
  b: GraphBuilder,
  layer: ResolvedLayer,
  next: ResolvedLayer,
  { training }: ForwardOptions,
): boolean {
  return (
    training &&
    canPoolInPhases(layer, next) &&
    b.lowerings.convPool(layer.place.input.at(-1) ?? 0) === 'phases'
  );
}

/**
 * max(relu(x)) = relu(max(x)): ReLU and its gradient cost a quarter after a 2×2 pool, and the
 * numbers are the same.
 */
function poolsFirst(layer: ResolvedLayer, next: ResolvedLayer | undefined): boolean {
  return layer.activation === 'relu' && next?.spec.type === 'maxpool2d';
}

/** The layer's own activation, or the one that was held back for it. */
function pending(layers: readonly ResolvedLayer[], index: number) {
  const layer = layers[index];
  const before = layers[index - 1];
  if (layer && before && poolsFirst(before, layer)) return before.activation;
  return layer?.activation ?? 'linear';
}

function contextFor(b: GraphBuilder, layer: ResolvedLayer, options: ForwardOptions): BuildContext {
  const { training, keepMask, updateStatistic, onInner } = options;
  return {
    b,
    training,
    parameter: (name) => options.parameter(`${layer.name}/${name}`),
    keepMask: (shape, rate) => keepMask(layer.name, shape, rate),
    updateStatistic: (name, value) => updateStatistic(`${layer.name}/${name}`, value),
    onInner: onInner && ((name, value) => onInner(`${layer.name}/${name}`, value)),
  };
}
