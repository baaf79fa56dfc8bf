import type { Activation, LayerSpec, ModelSpec } from '#shared/model-spec.ts';
import { modelError } from './errors.ts';
import { layerDef } from './index.ts';
import type { FeatureShape, LayerDef, LayerPlace, ParameterSpec } from './types.ts';

export interface ResolvedLayer {
  name: string;
  spec: LayerSpec;
  def: LayerDef;
  place: LayerPlace;
  output: FeatureShape;
  activation: Activation;
  parameters: ParameterSpec[];
}

/** A spec with every shape and name worked out. */
export interface ResolvedModel {
  name: string;
  input: { height: number; width: number; channels: number };
  classes: number;
  layers: ResolvedLayer[];
}

/**
 * Works out names (Keras': conv2d, conv2d_1, …), shapes and parameters of a sequential model.
 * Throws MODEL_INVALID, naming the layer, if it cannot be built for `classes` classes.
 */
export function resolveModel(spec: ModelSpec, classes: number): ResolvedModel {
  const taken = new Set(
    spec.layers.map((layer) => layer.name).filter((name) => name !== undefined),
  );
  const counts = new Map<string, number>();
  const seen = new Set<string>();
  const nameOf = (layer: LayerSpec): string => {
    if (layer.name !== undefined) return layer.name;
    const base = layerDef(layer).autoName;
    for (;;) {
      const count = counts.get(base) ?? 0;
      counts.set(base, count + 1);
      const name = count === 0 ? base : `${base}_${count}`;
      if (!taken.has(name)) return name;
    }
  };

  const { height, width, channels } = spec.input;
  let shape: FeatureShape = [height, width, channels];
  let previous: string | null = null;
  const layers = spec.layers.map((layer): ResolvedLayer => {
    const def = layerDef(layer);
    const name = nameOf(layer);
    if (seen.has(name)) throw modelError(name, `Two layers are called ${name}.`);
    seen.add(name);
    const place: LayerPlace = { name, previous, input: shape, classes };
    shape = def.output(layer, place);
    previous = name;
    return {
      name,
      spec: layer,
      def,
      place,
      output: shape,
      activation: def.activation(layer),
      parameters: def.parameters(layer, place),
    };
  });
  checkHead(layers, classes);
  return { name: spec.name, input: { height, width, channels }, classes, layers };
}

/** Cross-entropy needs one number a class; a softmax at the end joins the loss. */
function checkHead(layers: readonly ResolvedLayer[], classes: number): void {
  const last = layers.at(-1);
  if (!last) return;
  const { name, output } = last;
  if (output.length !== 1 || output[0] !== classes) {
    const found = output.length === 1 ? `${output.join('')} outputs` : output.join('×');
    throw modelError(
      name,
      `The last layer, ${name}, must give one output for each of the ${classes} classes; it gives ${found}.`,
      `End with a dense layer of 'classes' units and softmax.`,
    );
  }
  if (last.activation !== 'softmax' && last.activation !== 'linear') {
    throw modelError(
      name,
      `The last layer, ${name}, must end in softmax; it ends in ${last.activation}.`,
    );
  }
}
