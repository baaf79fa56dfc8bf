/** What a pretrained network is as a layer, found by adding it to a graph that is thrown away. */
import { AppError } from '#shared/errors.ts';
import type { BackboneSpec } from '#shared/layer-spec.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { GraphError, elements } from '../graph/shape.ts';
import type { Node, Shape, Value } from '../graph/types.ts';
import type { GivenInitializer } from '../initializers.ts';
import type { ImportedGraph } from '../import/types.ts';
import type { Field } from '../inspect/receptive-field.ts';
import { imageInput, ModelError, modelError } from '../layers/errors.ts';
import type { FeatureShape, InnerMap, LayerPlace, ParameterSpec } from '../layers/types.ts';
import { addBackbone } from './build.ts';
import { adaptKernel, adaptableKernel } from './channels.ts';
import { fieldsOf } from './fields.ts';
import { learningWeights, normalizingByBatch } from './learning.ts';

export interface TracedBackbone {
  output: FeatureShape;
  parameters: ParameterSpec[];
  /** Multiply-adds for one image. */
  macs: number;
  /** Its values that are maps of the image, with what made each. */
  maps: InnerMap[];
}

const kept = new WeakMap<ImportedGraph, Map<string, TracedBackbone>>();
/** Of one network, at other sizes and cuts. */
const MOST_KEPT = 8;

/** @throws ModelError at the layer, where the network does not fit or its line cannot be drawn */
export function tracedBackbone(
  graph: ImportedGraph,
  spec: BackboneSpec,
  place: LayerPlace,
): TracedBackbone {
  const traces = kept.get(graph) ?? new Map<string, TracedBackbone>();
  kept.set(graph, traces);
  const { cut, trainableFrom, rates, batchStatistics, preprocessing } = spec;
  const { input, frozen } = place;
  const key = JSON.stringify([
    ...[cut, trainableFrom, rates, batchStatistics, preprocessing],
    ...[input, frozen],
  ]);
  const known = traces.get(key);
  if (known) return known;
  const found = trace(graph, spec, place);
  traces.set(key, found);
  for (const old of [...traces.keys()].slice(0, -MOST_KEPT)) traces.delete(old);
  return found;
}

function trace(graph: ImportedGraph, spec: BackboneSpec, place: LayerPlace): TracedBackbone {
  const [height, width, channels] = imageInput(place);
  if (place.previous !== null) {
    throw modelError(
      place.name,
      `${place.name} is a pretrained network: it must be the first layer, for it prepares the pixels itself.`,
      `Remove what comes before ${place.name}.`,
    );
  }
  if (!graph.nodes.some(({ outputs }) => outputs.includes(spec.cut))) {
    throw modelError(
      place.name,
      `${place.name}: its network has no value called ${spec.cut}.`,
      'Choose another place to cut it.',
    );
  }
  const adapted = channels === graph.input.channels ? null : adaptableKernel(graph);
  const b = new GraphBuilder('trace');
  const x = b.input('image', 'float32', ['batch', channels, height, width]);
  const asked = new Map<string, readonly number[]>();
  const values = new Map<string, Value>();
  let output: Value;
  try {
    output = addBackbone(b, graph, spec, x, {
      parameter(name) {
        const dims = graph.weights.get(name)?.dims ?? [];
        const shape = name === adapted ? dims.with(1, channels) : dims;
        asked.set(name, shape);
        return b.input(`weights/${name}`, 'float32', shape);
      },
      onValue: (name, value) => values.set(name, value),
    });
  } catch (error) {
    throw unfitting(graph, place, error);
  }
  const rates = learningWeights(graph, spec, place);
  const following = new Set(
    [...normalizingByBatch(graph, spec, place)].flatMap(({ weights }) => weights),
  );
  const parameters = [...asked].map(([name, shape]): ParameterSpec => {
    const rate = rates.get(name);
    return {
      name,
      shape,
      initializer: given(graph, name, name === adapted ? channels : null),
      kind: graph.statistics.has(name) ? 'statistic' : 'weight',
      ...(rate === undefined && !following.has(name) ? { frozen: true } : {}),
      ...(rate === undefined || rate === 1 ? {} : { rate }),
    };
  });
  return {
    output: featureShape(output.shape, place),
    parameters,
    macs: b.nodes.reduce((sum, node) => sum + macsOf(node), 0),
    maps: mapsOf(graph, spec, { values, parameters, fields: fieldsOf(b.nodes, x) }),
  };
}

function unfitting(graph: ImportedGraph, place: LayerPlace, error: unknown): unknown {
  if (error instanceof ModelError) return error;
  if (error instanceof AppError) {
    return modelError(place.name, `${place.name}: ${error.message}`, error.hint);
  }
  if (!(error instanceof GraphError)) return error;
  const { height, width } = graph.input;
  const wants = height !== null && width !== null;
  return modelError(
    place.name,
    `${place.name} cannot take images of ${place.input.slice(0, 2).join('×')}: ${error.message}.`,
    wants ? `Choose ${height}×${width}, which it was made for.` : 'Choose another size of images.',
  );
}

function given(graph: ImportedGraph, name: string, channels: number | null): GivenInitializer {
  return {
    type: 'given',
    values() {
      const { data, dims } = graph.weights.get(name) ?? {};
      if (!(data instanceof Float32Array) || !dims || data.length !== elements(dims)) {
        throw new RangeError(`${name} is known by its shape only`);
      }
      return channels === null ? data : adaptKernel(data, dims, channels);
    },
  };
}

function featureShape(shape: Shape, place: LayerPlace): FeatureShape {
  const [, ...sizes] = shape;
  if (!sizes.every((size) => typeof size === 'number') || ![1, 3].includes(sizes.length)) {
    throw modelError(
      place.name,
      `${place.name} is cut where it gives out [${shape.join(', ')}], which no layer can take.`,
      'Choose another place to cut it.',
    );
  }
  const [channels = 1, ...area] = sizes;
  return [...area, channels];
}

/** Convolutions and matrix products only, as for all layers. */
function macsOf({ op, inputs, outputs }: Node): number {
  const perImage = (value: Value | null | undefined, from = 1) =>
    (value?.shape ?? []).slice(from).reduce<number>((all, size) => all * Number(size), 1);
  const [x, weights] = inputs;
  if (op === 'Conv') return perImage(outputs[0]) * perImage(weights);
  if (op === 'Gemm' || op === 'MatMul') return perImage(outputs[0]) * Number(x?.shape.at(-1) ?? 1);
  return 0;
}

interface Traced {
  values: ReadonlyMap<string, Value>;
  parameters: readonly ParameterSpec[];
  fields: ReadonlyMap<Value, Field>;
}

/** In layout NHWC only convolutions and pools are sure to have their channels first. */
function mapsOf(
  graph: ImportedGraph,
  { preprocessing }: BackboneSpec,
  { values, parameters, fields }: Traced,
): InnerMap[] {
  const first = adaptableKernel(graph);
  const known = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  return graph.nodes.flatMap(({ op, inputs, outputs: [name = ''] }) => {
    const value = values.get(name);
    const [, channels, height, width] = value?.shape ?? [];
    if (typeof channels !== 'number' || typeof height !== 'number' || typeof width !== 'number') {
      return [];
    }
    if (graph.input.layout === 'nhwc' && !/Conv|Pool/.test(op)) return [];
    const [, weights = '', bias = ''] = inputs;
    const kernel = op === 'Conv' ? (known.get(weights) ?? null) : null;
    return {
      ...{ name, op, kernel, shape: [height, width, channels] },
      bias: kernel && known.has(bias) ? bias : null,
      field: (value && fields.get(value)) ?? null,
      seesImage: kernel !== null && weights === first && preprocessing.channels !== 'bgr',
    };
  });
}
