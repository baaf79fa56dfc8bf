import type { LayerSummary, ModelSummary } from '#shared/contract/index.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import { elements } from '../graph/shape.ts';
import { resolveModel, type ResolvedLayer } from './resolve.ts';
import type { ParameterSpec } from './types.ts';

/**
 * Layers with output shapes, exact parameter counts (as Keras' `model.summary()`: moving averages
 * count, but are not trainable) and multiply-adds. What is inside a block comes before the row that
 * joins it, one level deeper. Loads no runtime. Throws MODEL_INVALID, naming the layer, for a model
 * that cannot be built.
 */
export function summarize(spec: ModelSpec, classes: number): ModelSummary {
  const model = resolveModel(spec, classes);
  const layers = rows(model.layers, 0);
  return {
    name: model.name,
    input: model.input,
    layers,
    parameters: layers.reduce((sum, layer) => sum + layer.parameters, 0),
    trainable: layers.reduce((sum, layer) => sum + layer.trainable, 0),
    macs: layers.reduce((sum, layer) => sum + layer.macs, 0),
  };
}

function rows(layers: readonly ResolvedLayer[], depth: number): LayerSummary[] {
  return layers.flatMap((layer) => [
    ...layer.parts.flatMap((part) => rows(part, depth + 1)),
    {
      name: layer.name,
      type: layer.className,
      output: [...layer.output],
      parameters: count(layer.parameters),
      trainable: count(layer.parameters.filter(({ kind }) => kind === 'weight')),
      macs: layer.macs,
      depth,
    },
  ]);
}

function count(parameters: readonly ParameterSpec[]): number {
  return parameters.reduce((sum, { shape }) => sum + elements(shape), 0);
}
