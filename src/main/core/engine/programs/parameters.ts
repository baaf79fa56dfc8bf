import { elements } from '../graph/shape.ts';
import { initialize } from '../initializers.ts';
import { allLayers, type ResolvedModel } from '../layers/resolve.ts';
import type { ParameterSpec } from '../layers/types.ts';

/** One parameter inside a flat vector. */
export interface PackedParameter extends ParameterSpec {
  /** `layer/name`, unique in the model. */
  fullName: string;
  offset: number;
  size: number;
}

/** Several parameters one after the other in one float32 vector. */
export interface Packing {
  entries: PackedParameter[];
  size: number;
}

function pack(parameters: readonly (ParameterSpec & { fullName: string })[]): Packing {
  let offset = 0;
  const entries = parameters.map((parameter): PackedParameter => {
    const entry = { ...parameter, offset, size: elements(parameter.shape) };
    offset += entry.size;
    return entry;
  });
  return { entries, size: offset };
}

/** How a model's parameters lie in the vectors that the training graph takes. */
export interface ParameterLayout {
  /** What the optimizer changes. */
  trainable: Packing;
  /** What stays as it is: weights, and the moving averages of layers that are frozen themselves. */
  frozen: Packing;
  /** Moving averages, changed by the forward pass. */
  statistics: Packing;
}

/** @param frozen full names of more parameters that do not learn than the spec says */
export function layoutParameters(
  model: ResolvedModel,
  frozen: ReadonlySet<string> = new Set(),
): ParameterLayout {
  const all = allLayers(model.layers).flatMap((layer) =>
    layer.parameters.map((parameter) => {
      const fullName = `${layer.name}/${parameter.name}`;
      return {
        ...parameter,
        fullName,
        fixed: layer.place.frozen || parameter.frozen === true || frozen.has(fullName),
      };
    }),
  );
  const unknown = [...frozen].find((name) => !all.some(({ fullName }) => fullName === name));
  if (unknown !== undefined) throw new RangeError(`no parameter is called ${unknown}`);
  const learning = all.filter(({ fixed }) => !fixed);
  return {
    trainable: pack(learning.filter(({ kind }) => kind === 'weight')),
    frozen: pack(all.filter(({ fixed }) => fixed)),
    statistics: pack(learning.filter(({ kind }) => kind === 'statistic')),
  };
}

export function allEntries(layout: ParameterLayout): PackedParameter[] {
  return [layout.trainable, layout.frozen, layout.statistics].flatMap(({ entries }) => entries);
}

/** What each number of the vector multiplies the learning rate by; null where all learn alike. */
export function ratesOf({ entries, size }: Packing): Float32Array<ArrayBuffer> | null {
  if (entries.every(({ rate = 1 }) => rate === 1)) return null;
  const rates = new Float32Array(size);
  for (const { rate = 1, offset, size: length } of entries)
    rates.fill(rate, offset, offset + length);
  return rates;
}

/** First values, from the seed and each parameter's own name. */
export function initialValues(packing: Packing, seed: number): Float32Array {
  const values = new Float32Array(packing.size);
  for (const { fullName, shape, initializer, offset } of packing.entries) {
    values.set(initialize(initializer, shape, seed, fullName), offset);
  }
  return values;
}

/**
 * The other way round: each parameter's values into its part of the vector. One of a pretrained
 * network that is not among them is as the network has it.
 */
export function packInto(packing: Packing, vector: Float32Array, values: ParameterValues): void {
  for (const { fullName, offset, size, initializer } of packing.entries) {
    const data =
      values.get(fullName)?.data ??
      (initializer.type === 'given' ? initializer.values() : undefined);
    if (data?.length !== size) throw new RangeError(`no values for ${fullName}`);
    vector.set(data, offset);
  }
}

export type ParameterValues = ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }>;

/** Each parameter as a view of its part of the vector. */
export function unpack(
  packing: Packing,
  vector: Float32Array,
): [string, { shape: readonly number[]; data: Float32Array }][] {
  return packing.entries.map(({ fullName, shape, offset, size }) => [
    fullName,
    { shape, data: vector.subarray(offset, offset + size) },
  ]);
}
