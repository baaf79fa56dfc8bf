/** How much memory a training step takes, read off its graph. */
import { defaultLowerings } from './ops/lowerings.ts';
import { buildTrainStep } from './programs/train-step.ts';
import type { DType, Graph, Value } from './graph/types.ts';
import type { MemoryNeed, Work } from './protocol.ts';

const bytesOf: Record<DType, number> = { float32: 4, uint8: 1, int32: 4, int64: 8, bool: 1 };

/** Node, the runtime's code and its own tables. */
const PROCESS_BYTES = 120 * 1024 ** 2;
/** Where the line is drawn through. */
const BATCHES = [24, 48] as const;
/**
 * What the runtime's arena takes for what is alive: it grows by doubling, and keeps what it packs and
 * reorders. Fitted to the presets' measured peaks: see docs/engine.md.
 */
const OVERHEAD = 3.5;

/** They give their input another shape, in place. */
const views = new Set(['Reshape', 'Identity']);

function sizeOf({ dtype, shape }: Value): number {
  return shape.reduce<number>(
    (product, dim) => product * (typeof dim === 'number' ? dim : 1),
    bytesOf[dtype],
  );
}

/**
 * The most bytes that a graph's values take at one time, its inputs, constants and outputs included,
 * if every value is freed after its last use.
 */
export function peakBytes(graph: Graph): number {
  const owner = new Map<Value, Value>();
  const root = (value: Value): Value => owner.get(value) ?? value;
  const lastUse = new Map<Value, number>();
  for (const [index, node] of graph.nodes.entries()) {
    for (const input of node.inputs) if (input) lastUse.set(root(input), index);
    const [from] = node.inputs;
    if (from && views.has(node.op))
      for (const output of node.outputs) owner.set(output, root(from));
  }
  const held = new Set<Value>([...graph.outputs.values()].map(root));
  const fixed = [...graph.inputs, ...graph.constants];
  let live = fixed.reduce((sum, value) => sum + sizeOf(value), 0);
  const always = new Set<Value>(fixed);
  let peak = live;
  for (const [index, node] of graph.nodes.entries()) {
    for (const output of node.outputs) {
      if (!owner.has(output) && (lastUse.has(output) || held.has(output))) live += sizeOf(output);
    }
    peak = Math.max(peak, live);
    for (const value of new Set(node.inputs.map((input) => input && root(input)))) {
      if (!value || always.has(value) || held.has(value)) continue;
      if (lastUse.get(value) === index) live -= sizeOf(value);
    }
  }
  return peak;
}

/** Without tables of places, which take time to fill. */
const lowerings = { ...defaultLowerings, maxPool: 'unpool' } as const;

/** Memory of a step as a line over the batch, and what it takes at least. */
export function memoryNeed({ spec, classes }: Pick<Work, 'spec' | 'classes'>): MemoryNeed {
  const classWeights = spec.classWeights ? new Array<number>(classes).fill(1) : undefined;
  const at = (batch: number): number =>
    peakBytes(buildTrainStep({ spec, classes, batch, classWeights, lowerings }).graph) * OVERHEAD;
  // With few images the update of the weights takes the most, with many the images do.
  const [few, many] = BATCHES;
  const perImage = Math.max(1, (at(many) - at(few)) / (many - few));
  return {
    least: PROCESS_BYTES + at(1),
    fixed: PROCESS_BYTES + at(many) - many * perImage,
    perImage,
  };
}
