/** Presets made small enough to compute slowly, with every layer and block still there. */
import type { LayerSpec, ModelSpec } from '#shared/model-spec.ts';
import { resolveModel } from '#core/engine/layers/resolve.ts';

export interface ShrinkOptions {
  /** Channels of the widest layer; the others keep their proportions, two at least. */
  widest?: number;
  /** Channels are rounded up to a multiple of this, for lowerings that want whole blocks. */
  multiple?: number;
  /** Height and width of the images, if the layers allow; else the least that they do. */
  size?: number;
}

function widthsOf(layers: readonly LayerSpec[]): number[] {
  return layers.flatMap((layer): number[] => {
    if (layer.type === 'residual') return widthsOf([...layer.body, ...(layer.shortcut ?? [])]);
    if (layer.type === 'branches') return layer.branches.flatMap(widthsOf);
    if ('filters' in layer) return [layer.filters];
    return layer.type === 'dense' && typeof layer.units === 'number' ? [layer.units] : [];
  });
}

function narrowed(layers: readonly LayerSpec[], narrow: (width: number) => number): LayerSpec[] {
  return layers.map((layer): LayerSpec => {
    if (layer.type === 'residual') {
      const { shortcut } = layer;
      return {
        ...layer,
        body: narrowed(layer.body, narrow),
        ...(shortcut ? { shortcut: narrowed(shortcut, narrow) } : {}),
      };
    }
    if (layer.type === 'branches') {
      return { ...layer, branches: layer.branches.map((branch) => narrowed(branch, narrow)) };
    }
    if ('filters' in layer) return { ...layer, filters: narrow(layer.filters) };
    // A single unit is a single sigmoid, not a width.
    if (layer.type === 'dense' && typeof layer.units === 'number' && layer.units > 1) {
      return { ...layer, units: narrow(layer.units) };
    }
    return layer;
  });
}

/**
 * The same layers without kinks: where rounding moves a number across the zero of a ReLU, a gradient
 * jumps, and in a deep network some number is always that close.
 */
export function smooth(spec: ModelSpec): ModelSpec {
  const kinked = new Set(['relu', 'relu6', 'leaky_relu']);
  const layers = JSON.parse(JSON.stringify(spec.layers), (key, value: unknown) =>
    key === 'activation' && kinked.has(String(value)) ? 'silu' : value,
  ) as LayerSpec[];
  return { ...spec, layers };
}

/** The same layers with fewer channels on smaller images. Layers of equal width stay equal. */
export function shrink(
  spec: ModelSpec,
  classes: number,
  { widest = 8, multiple = 1, size = 20 }: ShrinkOptions = {},
): ModelSpec {
  const most = Math.max(...widthsOf(spec.layers), 1);
  const narrow = (width: number) => {
    const share = Math.max(2, Math.round((width * widest) / most));
    return Math.ceil(share / multiple) * multiple;
  };
  const layers = narrowed(spec.layers, narrow);
  for (let edge = size; edge <= spec.input.height; edge++) {
    const small = { ...spec, layers, input: { ...spec.input, height: edge, width: edge } };
    try {
      resolveModel(small, classes);
      return small;
    } catch {
      // Too small for its windows.
    }
  }
  throw new RangeError(`${spec.name} fits no images of ${size} to ${spec.input.height} pixels`);
}
