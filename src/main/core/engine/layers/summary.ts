import type { ModelSummary } from '#shared/contract/index.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import { elements } from '../graph/shape.ts';
import { resolveModel } from './resolve.ts';
import type { ParameterSpec } from './types.ts';

/**
 * Layers with output shapes and exact parameter counts, as Keras' `model.summary()`. Loads no
 * runtime. Throws MODEL_INVALID, naming the layer, for a model that cannot be built.
 */
export function summarize(spec: ModelSpec, classes: number): ModelSummary {
  const model = resolveModel(spec, classes);
  const layers = model.layers.map((layer) => ({
    name: layer.name,
    type: layer.def.className,
    output: [...layer.output],
    parameters: count(layer.parameters),
    trainable: count(layer.parameters.filter(({ kind }) => kind === 'weight')),
  }));
  return {
    name: model.name,
    input: model.input,
    layers,
    parameters: layers.reduce((sum, layer) => sum + layer.parameters, 0),
    trainable: layers.reduce((sum, layer) => sum + layer.trainable, 0),
  };
}

function count(parameters: readonly ParameterSpec[]): number {
  return parameters.reduce((sum, { shape }) => sum + elements(shape), 0);
}
