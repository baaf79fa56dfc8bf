/** How a batch is divided among replicas, and what each of them computes. */
import { rowBytes, rowsTensor } from '../../data/row-format.ts';
import { toOnnx } from '../../graph/serialize.ts';
import { concrete, elements } from '../../graph/shape.ts';
import type { Graph, TensorData, Value } from '../../graph/types.ts';
import {
  buildGradientStep,
  factorName,
  gradientName,
  nextName,
  slopeName,
  type GradientStepOptions,
} from '../../programs/gradient-step.ts';
import type { PackedParameter, Packing } from '../../programs/parameters.ts';
import type { Share } from './replica.ts';
import { sharedBytes, sharedFloats, sharedInts, view, type StateMemory } from './state-memory.ts';

type Floats = Float32Array<SharedArrayBuffer>;

/** Vectors that are not in the state memory: they are short, or never change. */
export interface SmallVectors {
  frozen: Floats;
  statistics: Floats;
  /** Moving averages after the step. */
  nextStatistics: Floats;
  /** Of the moving averages over the steps, where weights are averaged; this thread's alone. */
  averages: Float32Array;
}

/** A batch as all replicas see it. */
export interface BatchBuffers {
  image: Uint8Array<SharedArrayBuffer>;
  /** Shares of the classes, batch × classes. */
  targets: Floats;
  /** Of each replica: its part of the mean loss, and its number of right answers. */
  losses: Floats;
  corrects: Floats;
}

export interface ShareOptions extends Omit<GradientStepOptions, 'batch' | 'wholeBatch'> {
  batch: number;
  replicas: number;
  state: StateMemory;
  vectors: SmallVectors;
}

interface Rows {
  /** Place in the batch of the first image. */
  firstRow: number;
  rows: number;
}

/** The images of each replica: as equal as can be, in the order of the batch. */
export function divide(batch: number, replicas: number): Rows[] {
  return Array.from({ length: replicas }, (_, index) => {
    const firstRow = Math.floor((batch * index) / replicas);
    return { firstRow, rows: Math.floor((batch * (index + 1)) / replicas) - firstRow };
  });
}

/** Builds the graphs for batches of one size, and finds the memory that each of them works on. */
export function shareBatch(options: ShareOptions): { buffers: BatchBuffers; shares: Share[] } {
  const { batch, replicas, state } = options;
  if (state.factored.length > 0 && batch > state.mostImages) {
    throw new RangeError('batches may become smaller, not larger than the first');
  }
  const buffers: BatchBuffers = {
    image: sharedBytes(batch * rowBytes(options.model.input)),
    targets: sharedFloats(batch * options.model.classes),
    losses: sharedFloats(replicas),
    corrects: sharedFloats(replicas),
  };
  const built = new Map<number, ReturnType<typeof buildShare>>();
  const shares = divide(batch, replicas).map((part, index): Share => {
    if (part.rows === 0) return { batch, ...part, stages: [], masks: [] };
    const { graph, masks, model } = built.get(part.rows) ?? buildShare(options, part.rows);
    built.set(part.rows, { graph, masks, model });
    const memory = tensorsOf(options, buffers, { ...part, index });
    const inputs = bound(graph.inputs, memory);
    return {
      batch,
      ...part,
      stages: [{ model, inputs, outputs: boundOutputs(graph, memory) }],
      masks: masks.map(({ input, layer, rate }) => ({
        layer,
        rate,
        data: inputs[input]?.data as Uint8Array<SharedArrayBuffer>,
      })),
    };
  });
  return { buffers, shares };
}

function buildShare(options: ShareOptions, rows: number) {
  const { graph, masks } = buildGradientStep({
    ...options,
    factored: new Set(options.state.factored.map(({ fullName }) => fullName)),
    batch: rows,
    wholeBatch: options.batch,
  });
  return { graph, masks, model: toOnnx(graph) };
}

type Memory = (name: string, value: Value) => TensorData;

/** The memory of each of a replica's inputs and outputs by name; what is not known is its own. */
function tensorsOf(
  { model, layout, state, vectors }: ShareOptions,
  { image, targets, losses, corrects }: BatchBuffers,
  { index, firstRow, rows }: Rows & { index: number },
): Memory {
  const { classes, input } = model;
  const bytes = rowBytes(input);
  const part = image.subarray(firstRow * bytes, (firstRow + rows) * bytes);
  const known = new Map<string, TensorData['data']>([
    ['image', rowsTensor(input, part).data],
    ['target', targets.subarray(firstRow * classes, (firstRow + rows) * classes)],
    ['loss', losses.subarray(index, index + 1)],
    ['correct', corrects.subarray(index, index + 1)],
  ]);
  const gradients = state.gradients[index] ?? 0;
  for (const { fullName, offset, size } of layout.trainable.entries) {
    known.set(fullName, view(state, state.weights, offset, size));
    known.set(gradientName(fullName), view(state, gradients, offset, size));
  }
  for (const { fullName, inputs, units, x, slopes } of state.factored) {
    const part = (address: number, width: number) =>
      view(state, address, firstRow * width, rows * width);
    known.set(factorName(fullName), part(x, inputs));
    known.set(slopeName(fullName), part(slopes, units));
  }
  const add = (packing: Packing, vector: Floats, name: (entry: PackedParameter) => string) => {
    for (const entry of packing.entries) {
      known.set(name(entry), vector.subarray(entry.offset, entry.offset + entry.size));
    }
  };
  add(layout.frozen, vectors.frozen, ({ fullName }) => fullName);
  add(layout.statistics, vectors.statistics, ({ fullName }) => fullName);
  // All replicas find the same averages; the first one's count.
  if (index === 0)
    add(layout.statistics, vectors.nextStatistics, ({ fullName }) => nextName(fullName));
  return (name, { dtype, shape }) => {
    const dims = concrete(shape);
    const data = known.get(name) ?? allocate(dtype, elements(dims));
    known.set(name, data);
    return { dtype, dims, data };
  };
}

function allocate(dtype: Value['dtype'], length: number): Uint8Array | Int32Array | Float32Array {
  switch (dtype) {
    case 'float32':
      return sharedFloats(length);
    case 'int32':
      return sharedInts(length);
    case 'uint8':
    case 'bool':
      return sharedBytes(length);
    case 'int64':
    case 'float16':
    case 'int8':
      throw new RangeError(`no shared memory for ${dtype}`);
  }
}

function bound(values: readonly Value[], memory: Memory): Record<string, TensorData> {
  return Object.fromEntries(values.map((value) => [value.name, memory(value.name, value)]));
}

function boundOutputs({ outputs }: Graph, memory: Memory): Record<string, TensorData> {
  return Object.fromEntries([...outputs].map(([name, value]) => [name, memory(name, value)]));
}
