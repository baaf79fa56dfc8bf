/** How much memory a training step takes, read off its graph. */
import type { ModelSpec } from '#shared/model-spec.ts';
import type { Backbones } from './backbones/backbones.ts';
import { GraphBuilder } from './graph/builder.ts';
import type { DType, Graph, Value } from './graph/types.ts';
import { addInput } from './layers/forward.ts';
import { modelOf, type ResolvedModel } from './layers/resolve.ts';
import type { Lowerings } from './ops/lowerings.ts';
import { createOptimizer } from './optimizers.ts';
import { buildGradientStep } from './programs/gradient-step.ts';
import { buildAnswer } from './programs/inference.ts';
import {
  allEntries,
  layoutParameters,
  type PackedParameter,
  type ParameterLayout,
} from './programs/parameters.ts';
import type { MemoryNeed } from './protocol.ts';
import { replicaCount } from './training/cpu/replica-count.ts';

const bytesOf: Record<DType, number> = {
  float32: 4,
  float16: 2,
  int8: 1,
  uint8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
};

/**
 * What a process takes is in a line with what its graphs and vectors do. Fitted to measured peaks of
 * nine trainings, which it meets within 15 %, and four others within 20 %: docs/engine.md has them.
 *
 * Node, the runtime's code and its own tables:
 */
const PROCESS_BYTES = 165 * 1024 ** 2;
/** Kernels are laid out anew, and checkpoints and validation hold weights of their own. */
const VECTORS = 2.6;
/** The runtime's arena grows by doubling, and keeps what it packs and reorders. */
const ALIVE = 2.05;
/** A pretrained network's file is in memory, with what was read of it. */
const GIVEN = 2;
/** What of it does not learn is laid out anew in each program; of what learns, `VECTORS` says so. */
const HELD = 7;
/** Where the line over the batch is drawn through. */
const BATCHES = [24, 48] as const;

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
 * @param elsewhere values in memory that is not the graph's own
 */
export function peakBytes(graph: Graph, elsewhere: ReadonlySet<Value> = new Set()): number {
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
  const own = (value: Value): number => (elsewhere.has(value) ? 0 : sizeOf(value));
  let live = fixed.reduce((sum, value) => sum + own(value), 0);
  const always = new Set<Value>(fixed);
  let peak = live;
  for (const [index, node] of graph.nodes.entries()) {
    for (const output of node.outputs) {
      if (!owner.has(output) && (lastUse.has(output) || held.has(output))) live += own(output);
    }
    peak = Math.max(peak, live);
    for (const value of new Set(node.inputs.map((input) => input && root(input)))) {
      if (!value || always.has(value) || held.has(value)) continue;
      if (lastUse.get(value) === index) live -= own(value);
    }
  }
  return peak;
}

interface CpuWork {
  spec: ModelSpec;
  classes: number;
  batch: number;
  backbones?: Backbones | undefined;
  prefix?: number | undefined;
  threads: number;
  lowerings: Lowerings;
}

/**
 * Bytes of a training on the CPU as `training/cpu` divides it among replicas: the vectors that all of
 * them share, and what is alive at one time in the graphs of all of them.
 */
export function trainingBytes(work: CpuWork) {
  const { spec, classes, batch, threads, lowerings } = work;
  const model = modelOf(work);
  const layout = layoutParameters(model);
  const { replicas } = replicaCount(threads, batch, layout);
  const { slots } = createOptimizer(spec.optimizer);
  const classWeights = spec.classWeights ? new Array<number>(classes).fill(1) : undefined;
  const options = { spec, model, layout, classWeights, lowerings, wholeBatch: batch };
  const rows = Math.ceil(batch / replicas);
  const { graph } = buildGradientStep({ ...options, batch: rows });
  // Weights and gradients lie in vectors that are counted once.
  const bound = new Set<Value>([...graph.inputs, ...graph.outputs.values()]);
  return {
    replicas,
    vectors: 4 * (layout.trainable.size * (1 + slots.length + replicas) + layout.frozen.size),
    alive: replicas * peakBytes(graph, bound),
    ...(model.layers[0]?.spec.type === 'backbone'
      ? onNetwork(model, layout, batch)
      : { given: 0, held: 0, seen: 0 }),
  };
}

/**
 * A pretrained network's weights, and what validation has alive: next to a network that does not learn, of
 * which a step frees each value at once, that is as much as the step itself.
 */
function onNetwork(model: ResolvedModel, layout: ParameterLayout, batch: number) {
  const b = new GraphBuilder('validation');
  const parameters = new Map<string, Value>();
  for (const { fullName, shape } of allEntries(layout)) {
    parameters.set(fullName, b.input(fullName, 'float32', shape));
  }
  const image = addInput(b, model, 'batch');
  b.output('logits', buildAnswer(b, model, image, { parameter: (name) => parameters.get(name)! }));
  const bytes = (entries: readonly PackedParameter[]): number =>
    entries.reduce(
      (sum, { initializer, size }) => sum + (initializer.type === 'given' ? 4 * size : 0),
      0,
    );
  return {
    given: bytes(allEntries(layout)),
    held: bytes(layout.frozen.entries),
    seen: batch * peakBytes(b.finish(), new Set(parameters.values())),
  };
}

/** Memory of a step as a line over the batch, and what it takes at least. */
export function memoryNeed(work: Omit<CpuWork, 'batch'>): MemoryNeed {
  const at = (batch: number): number => {
    const { vectors, alive, given, held, seen } = trainingBytes({ ...work, batch });
    const network = given * GIVEN + held * HELD;
    return PROCESS_BYTES + vectors * VECTORS + network + (alive + seen) * ALIVE;
  };
  const [few, many] = BATCHES;
  const perImage = Math.max(1, (at(many) - at(few)) / (many - few));
  return { least: at(1), fixed: at(many) - many * perImage, perImage };
}
