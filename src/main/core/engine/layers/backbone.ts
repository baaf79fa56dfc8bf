/** A pretrained network as a layer: its shapes, its weights as parameters, and what of them learns. */
import type { BackboneSpec } from '#shared/layer-spec.ts';
import { tracedBackbone } from '../backbones/trace.ts';
import { normalizingByBatch } from '../backbones/learning.ts';
import { addBackbone } from '../backbones/build.ts';
import type { Backbones } from '../backbones/backbones.ts';
import type { ImportedGraph } from '../import/types.ts';
import { modelError } from './errors.ts';
import type { LayerDef, LayerPlace } from './types.ts';

export function backboneLayer(spec: BackboneSpec, backbones: Backbones): LayerDef {
  const graphFor = (place: LayerPlace): ImportedGraph => {
    const graph = backbones.get(spec.model);
    if (graph) return graph;
    throw modelError(
      place.name,
      `${place.name}: the pretrained network ${spec.model.slice(0, 12)} is not here.`,
      'Add its file to the backbones of this computer.',
    );
  };
  const traced = (place: LayerPlace) => tracedBackbone(graphFor(place), spec, place);
  return {
    className: 'Backbone',
    autoName: 'backbone',
    output: (_spec, place) => traced(place).output,
    parameters: (_spec, place) => traced(place).parameters,
    macs: (_spec, place) => traced(place).macs,
    inner: (_spec, place) => traced(place).maps,
    build({ b, training, parameter, updateStatistic, onInner }, _spec, x, place) {
      const graph = graphFor(place);
      const byBatch = training ? normalizingByBatch(graph, spec, place) : null;
      return addBackbone(b, graph, spec, x, {
        parameter,
        onValue: onInner,
        batchStatistics: byBatch
          ? { of: (node) => byBatch.has(node), update: updateStatistic }
          : undefined,
      });
    },
    activation: () => 'linear',
  };
}
