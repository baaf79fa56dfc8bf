/** Adds a foreign model to a graph of ours. */
import { AppError } from '#shared/errors.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { GraphError } from '../graph/shape.ts';
import type { Value } from '../graph/types.ts';
import { Untranslatable } from './errors.ts';
import { fromTensor, isKnown, type Operand } from './operands.ts';
import { translate } from './translate/index.ts';
import { Translation, type TranslationScope } from './translate/translation.ts';
import type { ImportedGraph, ImportedNode, ReplayOptions } from './types.ts';

/** What `walk` needs of a model. */
export type Walked = Pick<ImportedGraph, 'input' | 'nodes' | 'weights' | 'constants'> & {
  metadata: { opset: number };
};

export interface Visitor extends Pick<ReplayOptions, 'parameter' | 'batchStatistics'> {
  /** Says what to translate instead of a node, knowing what it reads first. */
  prepare?(node: ImportedNode, first: Operand | null): ImportedNode;
  /** After each node, with what it gives out. */
  node(node: ImportedNode, outputs: readonly Operand[]): void;
  /** A node that cannot be said with our operators; whoever reads it fails as well. */
  failed(node: ImportedNode, why: string): void;
}

/** Numbers that shape arithmetic of one model may make in all. */
const MOST_FOLDED = 1 << 24;

/**
 * Translates `nodes` one after the other, on float32 [N, C, H, W]; answers operands by name.
 */
export function walk(
  b: GraphBuilder,
  graph: Walked,
  x: Value,
  { parameter, prepare, node: visit, failed, batchStatistics }: Visitor,
): Map<string, Operand> {
  const image = graph.input.layout === 'nhwc' ? b.transpose(x, [0, 2, 3, 1]) : x;
  const operands = new Map<string, Operand>([[graph.input.name, image]]);
  const scope: TranslationScope = {
    ...{ b, opset: graph.metadata.opset, image: x },
    batchStatistics,
  };
  const find = (name: string): Operand | null => {
    if (name === '') return null;
    const found = operands.get(name);
    if (found) return found;
    const constant = graph.constants.get(name);
    if (!constant && !graph.weights.has(name)) {
      throw new Untranslatable('something before it is not supported');
    }
    const operand = constant ? fromTensor(constant) : parameter(name);
    operands.set(name, operand);
    return operand;
  };
  let folded = 0;
  for (const given of graph.nodes) {
    let node = given;
    try {
      if (prepare) node = prepare(given, find(given.inputs[0] ?? ''));
      const outputs = translate(new Translation(scope, node, node.inputs.map(find)));
      for (const [index, operand] of outputs.entries()) {
        const name = node.outputs[index];
        if (name) operands.set(name, operand);
        if (isKnown(operand)) folded += operand.data.length;
      }
      if (folded > MOST_FOLDED) throw new Untranslatable('it makes very many numbers of a few');
      visit(node, outputs);
    } catch (error) {
      if (!(error instanceof Untranslatable || error instanceof GraphError)) throw error;
      failed(node, error.message);
    }
  }
  return operands;
}

/** The nodes that `cut` needs, in order. */
export function nodesBefore(nodes: readonly ImportedNode[], cut: string): ImportedNode[] {
  const needed = new Set([cut]);
  return nodes
    .toReversed()
    .filter((node) => {
      const used = node.outputs.some((name) => needed.has(name));
      if (used) for (const name of node.inputs) needed.add(name);
      return used;
    })
    .toReversed();
}

/**
 * Adds what `cut` needs of `graph`, on `x`: float32 [N, C, H, W], as the model’s preprocessing leaves
 * it. Batch normalisation uses its stored statistics, in training too unless told otherwise, and dropout
 * drops nothing.
 * Throws MODEL_INVALID if there is no such value, or a node does not work with pictures of this size.
 */
export function replay(
  b: GraphBuilder,
  graph: ImportedGraph,
  x: Value,
  { cut, parameter, onValue, batchStatistics }: ReplayOptions,
): Value {
  const nodes = nodesBefore(graph.nodes, cut);
  const operands = walk(b, { ...graph, nodes }, x, {
    ...{ parameter, batchStatistics },
    node(node, outputs) {
      for (const [index, operand] of outputs.entries()) {
        const name = node.outputs[index];
        if (name && !isKnown(operand)) onValue?.(name, operand);
      }
    },
    failed(node, why) {
      throw new AppError(
        'MODEL_INVALID',
        `${node.op} (${node.outputs[0] ?? ''}) of the imported model cannot be used here: ${why}.`,
        {
          subject: node.outputs[0] ?? node.op,
          hint: 'Cut the model before it, or give images of the size that the model was made for.',
        },
      );
    },
  });
  const value = operands.get(cut);
  if (!value || isKnown(value)) {
    throw new AppError('MODEL_INVALID', `The imported model has no value called ${cut}.`, {
      subject: cut,
      hint: 'Choose one of its nodes.',
    });
  }
  return value;
}
