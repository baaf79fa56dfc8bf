/**
 * Layers by where they stand. A path is the index of a layer, then, inside a block, the index of the
 * part and the index in that part, and so on. Nothing here changes what it is given.
 */
import type { BlockSpec, LayerSpec } from './layer-spec.ts';

export type Path = readonly number[];

export function isBlock(spec: LayerSpec): spec is BlockSpec {
  return spec.type === 'residual' || spec.type === 'branches';
}

/** A block's parts side by side, in the order of their names; an empty one hands its input on. */
export function partsOf(spec: BlockSpec): readonly (readonly LayerSpec[])[] {
  return spec.type === 'residual' ? [spec.body, spec.shortcut ?? []] : spec.branches;
}

/** All layers, those inside blocks before the block. */
export function eachLayer(layers: readonly LayerSpec[]): LayerSpec[] {
  return layers.flatMap((layer) => [
    ...(isBlock(layer) ? partsOf(layer).flatMap(eachLayer) : []),
    layer,
  ]);
}

/** The block with other parts, as `partsOf` orders them. */
export function withParts(spec: BlockSpec, parts: readonly (readonly LayerSpec[])[]): BlockSpec {
  if (spec.type === 'branches') return { ...spec, branches: parts.map((part) => [...part]) };
  const { shortcut: _, ...rest } = spec;
  const [body = [], shortcut = []] = parts;
  const changed = { ...rest, body: [...body] };
  return shortcut.length > 0 ? { ...changed, shortcut: [...shortcut] } : changed;
}

/** The layer at `path`, or undefined where there is none. */
export function layerAt(layers: readonly LayerSpec[], path: Path): LayerSpec | undefined {
  const [index = -1, part, ...rest] = path;
  const layer = layers[index];
  if (part === undefined || layer === undefined) return layer;
  return isBlock(layer) ? layerAt(partsOf(layer)[part] ?? [], rest) : undefined;
}

/**
 * Puts `put` in the place of `remove` layers from `path` on. The last number of the path may be one
 * past the end; a path that leads nowhere throws a RangeError.
 */
export function splice(
  layers: readonly LayerSpec[],
  path: Path,
  remove: number,
  put: readonly LayerSpec[] = [],
): LayerSpec[] {
  const [index = -1, part, ...rest] = path;
  if (part === undefined) {
    if (index < 0 || index + remove > layers.length) throw new RangeError(`no layer at ${index}`);
    return [...layers.slice(0, index), ...put, ...layers.slice(index + remove)];
  }
  const block = layers[index];
  const parts = block && isBlock(block) ? partsOf(block) : [];
  const inside = parts[part];
  if (!block || !isBlock(block) || !inside) throw new RangeError(`no part at ${path.join()}`);
  const changed = parts.map((each, at) => (at === part ? splice(each, rest, remove, put) : each));
  return [...layers.slice(0, index), withParts(block, changed), ...layers.slice(index + 1)];
}

/**
 * Takes the layer at `from` to where `to` was before it was taken out: before the layer that is there,
 * or at the end of a sequence. A block cannot be moved into itself: then null.
 * @returns the layers, and the path that the layer has then
 */
export function move(
  layers: readonly LayerSpec[],
  from: Path,
  to: Path,
): { layers: LayerSpec[]; path: number[] } | null {
  const layer = layerAt(layers, from);
  const inside = to.length > from.length && from.every((number, at) => number === to[at]);
  if (!layer || inside) return null;
  // What comes after the gap in the same sequence, and all that is inside of it, moves up by one.
  const depth = from.length - 1;
  const shared = from.slice(0, depth).every((number, at) => number === to[at]);
  const later = shared && to.length > depth && (to[depth] ?? 0) > (from[depth] ?? 0);
  const path = to.map((number, at) => (later && at === depth ? number - 1 : number));
  return { layers: splice(splice(layers, from, 1), path, 0, [layer]), path };
}
