/** The first layers of a model: those whose answers never change, and the model that they are. */
import type { ModelSpec } from '#shared/model-spec.ts';
import { Resolver } from '../layers/resolver.ts';
import type { ResolvedLayer, ResolvedModel } from '../layers/resolve.ts';
import type { Backbones } from './backbones.ts';

/** They draw at random in training. */
const random = new Set(['dropout', 'spatialdropout2d']);

/**
 * How many layers give out the same for an image throughout a training that starts with a pretrained
 * network: this network, where nothing of it learns, and what follows without weights. 0 without one.
 */
export function unchangingLayers({ layers }: Pick<ResolvedModel, 'layers'>): number {
  if (layers[0]?.spec.type !== 'backbone') return 0;
  const changes = ({ spec, place, parts, parameters }: ResolvedLayer) =>
    parts.length > 0 ||
    random.has(spec.type) ||
    parameters.some(
      ({ frozen, initializer }) =>
        !(place.frozen || frozen === true) || initializer.type !== 'given',
    );
  const first = layers.findIndex(changes);
  // The last layer decides: there is something to learn in every model.
  return first < 0 ? layers.length - 1 : first;
}

/** A model's first layers as a model that gives out their answer as its logits. */
export function firstLayers(
  { name, input, layers }: Pick<ModelSpec, 'name' | 'input' | 'layers'>,
  count: number,
  backbones: Backbones,
): ResolvedModel {
  const { height, width, channels } = input;
  const first = layers.slice(0, count);
  const start = { previous: null, shape: [height, width, channels], frozen: true };
  const resolved = new Resolver(first, 0, backbones).sequence(first, start, []);
  return {
    name,
    input: { height, width, channels },
    classes: 0,
    layers: resolved.layers,
    head: 'softmax',
    labelSmoothing: 0,
    members: 1,
  };
}
