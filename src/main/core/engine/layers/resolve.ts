import type { LayerPath } from '#shared/contract/index.ts';
import type { Activation, LayerSpec, ModelSpec } from '#shared/model-spec.ts';
import { noBackbones, type Backbones } from '../backbones/backbones.ts';
import type { RowFormat } from '../data/row-format.ts';
import { elements } from '../graph/shape.ts';
import type { Value } from '../graph/types.ts';
import type { Head } from '../losses.ts';
import { ModelError } from './errors.ts';
import { checkClassWeights, checkTrainable, headOf } from './head.ts';
import { Resolver } from './resolver.ts';
import type { BuildContext, FeatureShape, InnerMap, LayerPlace, ParameterSpec } from './types.ts';

export interface ResolvedLayer {
  name: string;
  /** As Keras calls the class. */
  className: string;
  spec: LayerSpec;
  /** Where it stands in the spec. */
  path: LayerPath;
  place: LayerPlace;
  output: FeatureShape;
  activation: Activation;
  parameters: ParameterSpec[];
  /** Multiply-adds for one image. */
  macs: number;
  /** Of a block: its parts side by side, which come before it. Empty for a plain layer. */
  parts: ResolvedLayer[][];
  /** Of a pretrained network: its values that are maps of the image. */
  inner(): InnerMap[];
  /** Adds it without its activation, to its one input or, for a block, to what its parts give. */
  build(context: BuildContext, inputs: readonly Value[]): Value;
}

/** A spec with every shape and name worked out. */
export interface ResolvedModel {
  name: string;
  /** Of pixels; or a row of features, computed by the layers that were there before `layers`. */
  input: RowFormat;
  classes: number;
  layers: ResolvedLayer[];
  head: Head;
  labelSmoothing: number;
  /** Models side by side whose answers are averaged; 1 unless the spec says more. */
  members: number;
}

/** Every layer, those inside blocks before the block that joins them. */
export function allLayers(layers: readonly ResolvedLayer[]): ResolvedLayer[] {
  return layers.flatMap((layer) => [...layer.parts.flatMap(allLayers), layer]);
}

/**
 * Works out names (Keras': conv2d, conv2d_1, …, counted through blocks too), shapes and parameters.
 * Throws MODEL_INVALID, naming the layer, if the model cannot be built for `classes` classes.
 */
export function resolveModel(
  spec: ModelSpec,
  classes: number,
  backbones: Backbones = noBackbones,
): ResolvedModel {
  const { model, problem } = tryResolve(spec, classes, backbones);
  if (problem) throw problem;
  return model;
}

/** The model that is trained: all of it, or what is behind the layers whose answers are known. */
export function modelOf({
  spec,
  classes,
  backbones,
  prefix = 0,
}: {
  spec: ModelSpec;
  classes: number;
  backbones?: Backbones | undefined;
  prefix?: number | undefined;
}): ResolvedModel {
  return withoutFirst(resolveModel(spec, classes, backbones), prefix);
}

/** The model from the layer at `count` on; its input is what the layers before give out. */
export function withoutFirst(model: ResolvedModel, count: number): ResolvedModel {
  const before = model.layers[count - 1];
  if (!before) return model;
  const width = elements(before.output);
  const input = { height: 1, width, channels: 1, values: 'float32' as const };
  return { ...model, input, layers: model.layers.slice(count) };
}

/**
 * As far as it goes: the model, or why it cannot be built and the layers that could be worked out
 * before that, those inside blocks before the block that joins them.
 */
export function tryResolve(
  spec: ModelSpec,
  classes: number,
  backbones: Backbones = noBackbones,
):
  | { model: ResolvedModel; done: ResolvedLayer[]; problem: null }
  | { model: null; done: ResolvedLayer[]; problem: ModelError } {
  const { height, width, channels } = spec.input;
  const resolver = new Resolver(spec.layers, classes, backbones);
  const { done } = resolver;
  try {
    const start = { previous: null, shape: [height, width, channels], frozen: false };
    const { layers } = resolver.sequence(spec.layers, start, []);
    const head = headOf(spec, layers, classes);
    checkClassWeights(spec, classes);
    checkTrainable(spec, done);
    const { name, labelSmoothing = 0, members = 1 } = spec;
    const input = { height, width, channels };
    const model = { name, input, classes, layers, head, labelSmoothing, members };
    return { model, done, problem: null };
  } catch (error) {
    if (error instanceof ModelError) return { model: null, done, problem: error };
    throw error;
  }
}
