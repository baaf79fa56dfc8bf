/** Pretrained networks as the contract shows them. */
import type { BackboneDetails, BackboneInfo, BackboneNode } from '#shared/contract/index.ts';
import type { ImportedGraph, ImportedNode } from '../engine/import/types.ts';
import { elements } from '../engine/graph/shape.ts';
import { publishedAs } from './published.ts';
import { classNamesOf } from './class-names.ts';
import type { BackboneLibrary, LibraryEntry } from './library.ts';

export function backboneInfoOf({ graph, file: _, chosen, ...known }: LibraryEntry): BackboneInfo {
  const { input, metadata } = graph;
  const { channels, height, width } = input;
  const published = publishedAs(known.sha256);
  const answer = answerOf(graph);
  return {
    ...known,
    name: chosen.name ?? known.name,
    family: metadata.family,
    input: { channels, height, width },
    preprocessing: chosen.preprocessing ?? metadata.preprocessing,
    parameters: parametersOf(graph, [...graph.weights.keys()]),
    cut: chosen.cut ?? graph.cut,
    answer: answer?.name ?? null,
    classes: answer?.classes ?? null,
    trainedOn: chosen.trainedOn ?? published?.trainedOn ?? null,
    producer: metadata.producer,
    opset: metadata.opset,
    recognised: published && { name: published.name, source: published.source },
    changed: Object.keys(chosen).length > 0,
  };
}

export function backboneDetailsOf(
  entry: LibraryEntry,
  library: Pick<BackboneLibrary, 'list'>,
): BackboneDetails {
  const { cut, metadata } = entry.graph;
  const info = backboneInfoOf(entry);
  return {
    ...info,
    ...classNamesOf(entry, info.classes, library),
    nodes: nodesOf(entry),
    proposed: { preprocessing: metadata.preprocessing, cut },
  };
}

/** Those that give out something about the image. */
export function nodesOf({ graph }: Pick<LibraryEntry, 'graph'>): BackboneNode[] {
  /** Where the values of nodes that are not shown come from. */
  const shown = new Map<string, readonly string[]>([[graph.input.name, []]]);
  return graph.nodes.flatMap((node) => {
    const { op, outputs, weights, gradient } = node;
    const sizes = sizesOf(node);
    const inputs = [...new Set(node.inputs.flatMap((name) => shown.get(name) ?? []))];
    const [name] = outputs;
    for (const output of outputs) shown.set(output, sizes && name !== undefined ? [name] : inputs);
    if (!sizes || name === undefined) return [];
    const parameters = parametersOf(graph, weights);
    return [{ name, op, shape: sizes, parameters, gradient, inputs, ...windowOf(graph, node) }];
  });
}

/** Without the batch; null where they are not all known, or the node is not about the image. */
function sizesOf({ shape }: ImportedNode): number[] | null {
  if (shape === null) return null;
  const sizes = shape.slice(1);
  return sizes.every((size) => typeof size === 'number') ? sizes : null;
}

function windowOf(
  { weights }: ImportedGraph,
  { op, inputs, attributes }: ImportedNode,
): Pick<BackboneNode, 'kernel' | 'depthwise'> {
  const kernel = weights.get(inputs[1] ?? '')?.dims ?? [];
  const convolves = op === 'Conv' && kernel.length === 4;
  const said = attributes['kernel_shape'];
  const numbers = Array.isArray(said) ? said.map(Number) : convolves ? kernel.slice(2) : null;
  const grouped = Number(attributes['group'] ?? 1) > 1;
  return { kernel: numbers, depthwise: convolves && grouped && kernel[1] === 1 };
}

/** The first output that is one list of numbers, such as the classifier's. */
function answerOf({ outputs, nodes }: ImportedGraph): { name: string; classes: number } | null {
  for (const name of outputs) {
    const maker = nodes.find((node) => node.outputs[0] === name);
    const sizes = (maker && sizesOf(maker)) ?? [];
    const classes = elements(sizes);
    // Maps are no answer, unless they are one number wide.
    if (sizes.length > 0 && classes > 1 && classes === sizes[0]) return { name, classes };
  }
  return null;
}

function parametersOf({ weights, statistics }: ImportedGraph, names: readonly string[]): number {
  return names
    .filter((name) => !statistics.has(name))
    .reduce((sum, name) => sum + elements(weights.get(name)?.dims ?? [0]), 0);
}
