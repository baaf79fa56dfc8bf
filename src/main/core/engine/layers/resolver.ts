/** Works through a spec's layers in order: names, shapes, parameters. */
import type { LayerPath } from '#shared/contract/index.ts';
import { isBlock, partsOf } from '#shared/layer-tree.ts';
import type { BlockSpec, LayerSpec } from '#shared/model-spec.ts';
import { mergeOf } from './blocks.ts';
import { ModelError, modelError } from './errors.ts';
import type { Backbones } from '../backbones/backbones.ts';
import { layerDef } from './index.ts';
import type { ResolvedLayer } from './resolve.ts';
import type { FeatureShape, LayerPlace } from './types.ts';

/** Between two layers: what came before, its shape, and whether a block around it is frozen. */
export interface Point {
  previous: string | null;
  shape: FeatureShape;
  frozen: boolean;
}

export class Resolver {
  /** In the order in which they were worked out, those inside a block before it. */
  readonly done: ResolvedLayer[] = [];
  readonly #classes: number;
  readonly #backbones: Backbones;
  readonly #given: ReadonlySet<string>;
  readonly #counts = new Map<string, number>();
  readonly #seen = new Set<string>();

  constructor(layers: readonly LayerSpec[], classes: number, backbones: Backbones) {
    this.#classes = classes;
    this.#backbones = backbones;
    this.#given = new Set(givenNames(layers));
  }

  /**
   * Layers one after the other.
   * @param path of the part of a block that they are; empty for the model's own
   * @throws ModelError with the path of the layer that does not fit
   */
  sequence(
    layers: readonly LayerSpec[],
    start: Point,
    path: LayerPath,
  ): { layers: ResolvedLayer[]; end: Point } {
    let end = start;
    const resolved = layers.map((spec, index): ResolvedLayer => {
      const layer = this.#layer(spec, end, [...path, index]);
      end = { ...start, previous: layer.name, shape: layer.output };
      return layer;
    });
    return { layers: resolved, end };
  }

  #layer(spec: LayerSpec, point: Point, path: LayerPath): ResolvedLayer {
    const here = { ...point, frozen: point.frozen || spec.trainable === false };
    try {
      const layer = isBlock(spec) ? this.#block(spec, here, path) : this.#plain(spec, here, path);
      this.done.push(layer);
      return layer;
    } catch (error) {
      if (error instanceof ModelError) error.path ??= path;
      throw error;
    }
  }

  #plain(
    spec: Exclude<LayerSpec, BlockSpec>,
    { previous, shape, frozen }: Point,
    path: LayerPath,
  ): ResolvedLayer {
    const def = layerDef(spec, this.#backbones);
    const name = this.#claim(spec, def.autoName);
    const place: LayerPlace = { name, previous, input: shape, classes: this.#classes, frozen };
    return {
      name,
      className: def.className,
      spec,
      path,
      place,
      output: def.output(spec, place),
      activation: def.activation(spec),
      parameters: def.parameters(spec, place),
      macs: def.macs?.(spec, place) ?? 0,
      parts: [],
      inner: () => def.inner?.(spec, place) ?? [],
      build(context, [x]) {
        if (!x) throw new RangeError(`${name} has no input`);
        return def.build(context, spec, x, place);
      },
    };
  }

  #block(spec: BlockSpec, point: Point, path: LayerPath): ResolvedLayer {
    const merge = mergeOf(spec);
    const parts = partsOf(spec).map((part, index) => this.sequence(part, point, [...path, index]));
    const name = this.#claim(spec, merge.autoName);
    const { previous, shape: input, frozen } = point;
    return {
      name,
      className: merge.className,
      spec,
      path,
      place: { name, previous, input, classes: this.#classes, frozen },
      output: merge.output(
        name,
        spec,
        parts.map(({ end }) => end.shape),
        input,
      ),
      activation: spec.activation ?? 'linear',
      parameters: [],
      macs: 0,
      parts: parts.map(({ layers }) => layers),
      inner: () => [],
      build: ({ b }, inputs) => merge.build(b, inputs),
    };
  }

  #claim(spec: LayerSpec, base: string): string {
    const name = spec.name ?? this.#automatic(base);
    if (this.#seen.has(name)) {
      throw modelError(name, `Two layers are called ${name}.`, 'Give one of them another name.', {
        label: 'Name it by itself',
        changes: { name: undefined },
      });
    }
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
