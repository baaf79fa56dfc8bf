/** Which weights of a pretrained network learn, and how fast. */
import type { BackboneSpec } from '#shared/layer-spec.ts';
import type { ImportedGraph, ImportedNode } from '../import/types.ts';
import { modelError } from '../layers/errors.ts';
import type { LayerPlace } from '../layers/types.ts';

/**
 * The learning rate's factor of each weight that learns, by its name. The line is a node: it and what
 * comes after it in the file's order learns, up to the cut.
 * @throws ModelError that names the first operator without a gradient above the line
 */
export function learningWeights(
  graph: ImportedGraph,
  { cut, trainableFrom = 'none', rates = [1, 1] }: BackboneSpec,
  place: LayerPlace,
): Map<string, number> {
  if (trainableFrom === 'none' || place.frozen) return new Map();
  const nodes = nodesBelow(graph, cut);
  const line =
    trainableFrom === 'all' ? 0 : nodes.findIndex(({ outputs }) => outputs.includes(trainableFrom));
  if (line < 0) {
    throw modelError(
      place.name,
      `${place.name}: no node below its cut gives ${trainableFrom}.`,
      "Let it learn from another node on, or 'all', or 'none'.",
    );
  }
  const below = new Set(nodes.slice(0, line).flatMap(({ weights }) => weights));
  const learns = (name: string) => !graph.statistics.has(name) && !below.has(name);
  const above = nodes.slice(line).filter(({ weights }) => weights.some(learns));
  const [low, high] = rates;
  const found = new Map<string, number>();
  for (const [index, { weights }] of above.entries()) {
    const share = above.length > 1 ? index / (above.length - 1) : 1;
    for (const name of weights.filter(learns)) {
      if (!found.has(name)) found.set(name, low * (high / low) ** share);
    }
  }
  checkGradients(nodes, found, place);
  return found;
}

/** The nodes that the value needs, in their order. */
function nodesBelow({ nodes }: ImportedGraph, cut: string): ImportedNode[] {
  const needed = new Set([cut]);
  const found: ImportedNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    found.push(node);
    for (const input of node.inputs) needed.add(input);
  }
  return found.toReversed();
}

function checkGradients(
  nodes: readonly ImportedNode[],
  learning: ReadonlyMap<string, number>,
  place: LayerPlace,
): void {
  const reached = new Set<string>(learning.keys());
  for (const { op, inputs, outputs, weights, gradient } of nodes) {
    const reads = inputs.some((input) => reached.has(input));
    if (!reads && !weights.some((name) => learning.has(name))) continue;
    if (!gradient) {
      throw modelError(
        place.name,
        `${place.name}: ${op} (${outputs[0] ?? ''}) has no gradient, so nothing below it can learn.`,
        'Let the network learn from a node above it, or not at all.',
      );
    }
    for (const output of outputs) reached.add(output);
  }
}
