/** A model's layers as the rows of a list, blocks opened up. */
import type { LayerProblem, LayerSummary } from '#shared/contract/index.ts';
import { isBlock, partsOf, type Path } from '#shared/layer-tree.ts';
import type { BlockSpec, LayerSpec } from '#shared/model-spec.ts';

interface Place {
  path: Path;
  /** Blocks around it; a block's parts are one further in than the block, their layers one more. */
  depth: number;
}

export type EditorRow =
  | (Place & { kind: 'layer'; layer: LayerSpec; open: boolean | null })
  | (Place & { kind: 'part'; block: BlockSpec; part: number; layers: number });

/** @param closed blocks that do not show what is inside of them */
export function rowsOf(layers: readonly LayerSpec[], closed: ReadonlySet<LayerSpec>): EditorRow[] {
  return sequence(layers, closed, [], 0);
}

function sequence(
  layers: readonly LayerSpec[],
  closed: ReadonlySet<LayerSpec>,
  prefix: Path,
  depth: number,
): EditorRow[] {
  return layers.flatMap((layer, index): EditorRow[] => {
    const path = [...prefix, index];
    if (!isBlock(layer)) return [{ kind: 'layer', path, depth, layer, open: null }];
    const open = !closed.has(layer);
    const own: EditorRow = { kind: 'layer', path, depth, layer, open };
    if (!open) return [own];
    const parts = partsOf(layer).flatMap((part, at): EditorRow[] => [
      {
        kind: 'part',
        path: [...path, at],
        depth: depth + 1,
        block: layer,
        part: at,
        layers: part.length,
      },
      ...sequence(part, closed, [...path, at], depth + 2),
    ]);
    return [own, ...parts];
  });
}

export const samePath = (one: Path, other: Path): boolean => one.join() === other.join();

/** Where something new goes when `selected` is: after a layer, at the end of a part, at the top. */
export function placeAfter(selected: Path, rows: readonly EditorRow[]): Path {
  if (selected.length === 0) return [0];
  const row = rows.find(({ path }) => samePath(path, selected));
  if (row?.kind === 'part') return [...selected, row.layers];
  return [...selected.slice(0, -1), (selected.at(-1) ?? 0) + 1];
}

/** What the core found out of each layer, by the layer itself: it stays true while that does. */
export interface LayerNumbers {
  summaries: ReadonlyMap<LayerSpec, LayerSummary>;
  problem: LayerProblem | null;
}
