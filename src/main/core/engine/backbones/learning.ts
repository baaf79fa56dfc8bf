/** Which weights of a pretrained network learn, and how fast. */
import type { BackboneSpec } from '#shared/layer-spec.ts';
import { nodesBefore } from '../import/replay.ts';
import type { ImportedGraph, ImportedNode } from '../import/types.ts';
import { modelError } from '../layers/errors.ts';
import type { LayerPlace } from '../layers/types.ts';

/**
 * The learning rate's factor of each weight that learns, by its name. The line is a node: it and all that
 * reads what it gives out, directly or through others, learns, up to the cut. What stands beside it, such
 * as the other branches of its block, does not.
 * @throws ModelError that names the first operator without a gradient above the line
 */
export function learningWeights(
  graph: ImportedGraph,
  spec: BackboneSpec,
  place: LayerPlace,
): Map<string, number> {
  const nodes = nodesBefore(graph.nodes, spec.cut);
  const above = nodesAbove(nodes, spec, place);
  // Arithmetic on weights alone is no place where they work: it reads no image.
  const beside = nodes.filter((node) => node.shape !== null && !above.has(node));
  const held = new Set(beside.flatMap(({ weights }) => weights));
  const learns = (name: string) => !graph.statistics.has(name) && !held.has(name);
  const learning = [...above].filter(({ weights }) => weights.some(learns));
  const [low, high] = spec.rates ?? [1, 1];
  const found = new Map<string, number>();
  for (const [index, { weights }] of learning.entries()) {
    const share = learning.length > 1 ? index / (learning.length - 1) : 1;
    for (const name of weights.filter(learns)) {
      if (!found.has(name)) found.set(name, low * (high / low) ** share);
    }
  }
  checkGradients(nodes, found, place);
  return found;
}

/** Those that learn: the line and all that it feeds, up to the cut. */
function nodesAbove(
  nodes: readonly ImportedNode[],
  { trainableFrom = 'none' }: BackboneSpec,
  place: LayerPlace,
): Set<ImportedNode> {
  if (trainableFrom === 'none' || place.frozen) return new Set();
  const above = trainableFrom === 'all' ? new Set(nodes) : fedBy(nodes, trainableFrom);
  if (above.size > 0) return above;
  throw modelError(
    place.name,
    `${place.name}: no node below its cut gives ${trainableFrom}.`,
    "Let it learn from another node on, or 'all', or 'none'.",
  );
}

/** The nodes that normalise each batch by its own mean and variance in training. */
export function normalizingByBatch(
  graph: ImportedGraph,
  spec: BackboneSpec,
  place: LayerPlace,
): Set<ImportedNode> {
  if (spec.batchStatistics !== true) return new Set();
  const above = nodesAbove(nodesBefore(graph.nodes, spec.cut), spec, place);
  return new Set([...above].filter(({ op }) => op === 'BatchNormalization'));
}

/** The node that gives the value, and all that it feeds, in their order; empty without such a node. */
function fedBy(nodes: readonly ImportedNode[], name: string): Set<ImportedNode> {
  const fed = new Set([name]);
  const found = nodes.filter(({ inputs, outputs }) => {
    const one = outputs.includes(name) || inputs.some((input) => fed.has(input));
    if (one) for (const output of outputs) fed.add(output);
    return one;
  });
  return new Set(found);
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
