import type { Activation, BlockSpec, LayerSpec, ModelSpec } from '#shared/model-spec.ts';
import type { Value } from '../graph/types.ts';
import type { Head } from '../losses.ts';
import { isBlock, mergeOf, partsOf } from './blocks.ts';
import { modelError } from './errors.ts';
import { layerDef } from './index.ts';
import type { BuildContext, FeatureShape, LayerPlace, ParameterSpec } from './types.ts';

export interface ResolvedLayer {
  name: string;
  /** As Keras calls the class. */
  className: string;
  spec: LayerSpec;
  place: LayerPlace;
  output: FeatureShape;
  activation: Activation;
  parameters: ParameterSpec[];
  /** Multiply-adds for one image. */
  macs: number;
  /** Of a block: its parts side by side, which come before it. Empty for a plain layer. */
  parts: ResolvedLayer[][];
  /** Adds it without its activation, to its one input or, for a block, to what its parts give. */
  build(context: BuildContext, inputs: readonly Value[]): Value;
}

/** A spec with every shape and name worked out. */
export interface ResolvedModel {
  name: string;
  input: { height: number; width: number; channels: number };
  classes: number;
  layers: ResolvedLayer[];
  head: Head;
  labelSmoothing: number;
}

/** Every layer, those inside blocks before the block that joins them. */
export function allLayers(layers: readonly ResolvedLayer[]): ResolvedLayer[] {
  return layers.flatMap((layer) => [...layer.parts.flatMap(allLayers), layer]);
}

/**
 * Works out names (Keras': conv2d, conv2d_1, …, counted through blocks too), shapes and parameters.
 * Throws MODEL_INVALID, naming the layer, if the model cannot be built for `classes` classes.
 */
export function resolveModel(spec: ModelSpec, classes: number): ResolvedModel {
  const { height, width, channels } = spec.input;
  const resolver = new Resolver(spec.layers, classes);
  const { layers } = resolver.sequence(spec.layers, {
    previous: null,
    shape: [height, width, channels],
  });
  const head = headOf(spec, layers, classes);
  checkClassWeights(spec, classes);
  return {
    name: spec.name,
    input: { height, width, channels },
    classes,
    layers,
    head,
    labelSmoothing: spec.labelSmoothing ?? 0,
  };
}

/** Between two layers: what came before and its shape. */
interface Point {
  previous: string | null;
  shape: FeatureShape;
}

class Resolver {
  readonly #classes: number;
  readonly #given: ReadonlySet<string>;
  readonly #counts = new Map<string, number>();
  readonly #seen = new Set<string>();

  constructor(layers: readonly LayerSpec[], classes: number) {
    this.#classes = classes;
    this.#given = new Set(givenNames(layers));
  }

  sequence(layers: readonly LayerSpec[], start: Point): { layers: ResolvedLayer[]; end: Point } {
    let end = start;
    const resolved = layers.map((spec): ResolvedLayer => {
      const layer = isBlock(spec) ? this.#block(spec, end) : this.#plain(spec, end);
      end = { previous: layer.name, shape: layer.output };
      return layer;
    });
    return { layers: resolved, end };
  }

  #plain(spec: Exclude<LayerSpec, BlockSpec>, { previous, shape }: Point): ResolvedLayer {
    const def = layerDef(spec);
    const name = this.#claim(spec, def.autoName);
    const place: LayerPlace = { name, previous, input: shape, classes: this.#classes };
    return {
      name,
      className: def.className,
      spec,
      place,
      output: def.output(spec, place),
      activation: def.activation(spec),
      parameters: def.parameters(spec, place),
      macs: def.macs?.(spec, place) ?? 0,
      parts: [],
      build(context, [x]) {
        if (!x) throw new RangeError(`${name} has no input`);
        return def.build(context, spec, x, place);
      },
    };
  }

  #block(spec: BlockSpec, point: Point): ResolvedLayer {
    const merge = mergeOf(spec);
    const parts = partsOf(spec).map((part) => this.sequence(part, point));
    const name = this.#claim(spec, merge.autoName);
    return {
      name,
      className: merge.className,
      spec,
      place: { name, previous: point.previous, input: point.shape, classes: this.#classes },
      output: merge.output(
        name,
        parts.map(({ end }) => end.shape),
      ),
      activation: spec.activation ?? 'linear',
      parameters: [],
      macs: 0,
      parts: parts.map(({ layers }) => layers),
      build: ({ b }, inputs) => merge.build(b, inputs),
    };
  }

  #claim(spec: LayerSpec, base: string): string {
    const name = spec.name ?? this.#automatic(base);
    if (this.#seen.has(name)) throw modelError(name, `Two layers are called ${name}.`);
    this.#seen.add(name);
    return name;
  }

  #automatic(base: string): string {
    for (;;) {
      const count = this.#counts.get(base) ?? 0;
      this.#counts.set(base, count + 1);
      const name = count === 0 ? base : `${base}_${count}`;
      if (!this.#given.has(name)) return name;
    }
  }
}

function givenNames(layers: readonly LayerSpec[]): string[] {
  return layers.flatMap((layer) => [
    ...(layer.name === undefined ? [] : [layer.name]),
    ...(isBlock(layer) ? partsOf(layer).flatMap(givenNames) : []),
  ]);
}

/** The loss needs one number a class, or one for two; softmax or sigmoid at the end joins it. */
function headOf(spec: ModelSpec, layers: readonly ResolvedLayer[], classes: number): Head {
  const last = layers.at(-1);
  if (!last) throw modelError(spec.name, `The model ${spec.name} has no layers.`);
  const { name, output } = last;
  const wanted = spec.loss === 'crossentropy' ? 'softmax' : 'sigmoid';
  const single = wanted === 'sigmoid' && output.join() === '1';
  if (single && classes !== 2) {
    throw modelError(
      name,
      `The last layer, ${name}, gives one number, which tells two classes apart; there are ${classes}.`,
      `End with a dense layer of 'classes' units.`,
    );
  }
  if (!single && output.join() !== String(classes)) {
    const found = output.length === 1 ? `${output.join('')} outputs` : output.join('×');
    throw modelError(
      name,
      `The last layer, ${name}, must give one output for each of the ${classes} classes; it gives ${found}.`,
      `End with a dense layer of 'classes' units and ${wanted}.`,
    );
  }
  if (last.activation !== wanted && last.activation !== 'linear') {
    throw modelError(
      name,
      `The last layer, ${name}, must end in ${wanted}; it ends in ${last.activation}.`,
    );
  }
  if (wanted === 'softmax') return 'softmax';
  return single ? 'sigmoid' : 'sigmoids';
}

function checkClassWeights({ name, classWeights }: ModelSpec, classes: number): void {
  if (typeof classWeights !== 'object' || classWeights.length === classes) return;
  throw modelError(
    name,
    `The model ${name} has weights for ${classWeights.length} classes; there are ${classes}.`,
    "Give one weight for each class, or 'balanced'.",
  );
}
