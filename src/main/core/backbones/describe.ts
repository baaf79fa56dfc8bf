/** Pretrained networks as the contract shows them. */
import type { BackboneInfo, BackboneNode } from '#shared/contract/index.ts';
import type { ImportedGraph } from '../engine/import/types.ts';
import { elements } from '../engine/graph/shape.ts';
import type { LibraryEntry } from './library.ts';

export function backboneInfoOf({ graph, file: _, ...known }: LibraryEntry): BackboneInfo {
  const { input, metadata, cut } = graph;
  const { channels, height, width } = input;
  return {
    ...known,
    family: metadata.family,
    input: { channels, height, width },
    preprocessing: metadata.preprocessing,
    parameters: parametersOf(graph, [...graph.weights.keys()]),
    cut,
    classes: metadata.classes?.length ?? null,
  };
}

/** Those that give out something about the image. */
export function nodesOf({ graph }: Pick<LibraryEntry, 'graph'>): BackboneNode[] {
  return graph.nodes.flatMap(({ op, outputs, shape, weights, gradient }) => {
    const [, ...sizes] = shape ?? [];
    const known = shape !== null && sizes.every((size) => typeof size === 'number');
    if (!known || outputs[0] === undefined) return [];
    const parameters = parametersOf(graph, weights);
    return [{ name: outputs[0], op, shape: sizes, parameters, gradient }];
  });
}

function parametersOf({ weights, statistics }: ImportedGraph, names: readonly string[]): number {
  return names
    .filter((name) => !statistics.has(name))
    .reduce((sum, name) => sum + elements(weights.get(name)?.dims ?? [0]), 0);
}
