/** A Keras functional model in memory: layers, their calls, and their weights in Keras' order of axes. */
import { elements } from '../../graph/shape.ts';
import type { FeatureShape } from '../../layers/types.ts';
import { operationOrder } from './order.ts';

/** Whose layers are used: Keras 3's, or those of the TensorFlow.js layers API. */
export type Dialect = 'keras' | 'tfjs';

/** What a call of a layer gave out. */
export interface KerasTensor {
  layer: string;
  /** Index of the call. */
  call: number;
  /** Without the batch. */
  shape: FeatureShape;
}

export interface KerasWeight {
  /** As Keras calls the variable: kernel, bias, … */
  name: string;
  shape: readonly number[];
  data: Float32Array;
}

export interface KerasLayer {
  name: string;
  className: string;
  /** What `from_config` takes, without the name. */
  config: Readonly<Record<string, unknown>>;
  weights: readonly KerasWeight[];
  /** The inputs of each call; a layer that is shared is called several times. */
  calls: KerasTensor[][];
  /** Takes a list of tensors, even if it is one. */
  merges: boolean;
}

export interface KerasModel {
  name: string;
  /** In Keras' own order. */
  layers: readonly KerasLayer[];
  input: KerasTensor;
  output: KerasTensor;
}

export interface LayerRequest {
  name: string;
  className: string;
  config?: Record<string, unknown>;
  inputs: readonly KerasTensor[];
  output: FeatureShape;
  weights?: readonly KerasWeight[];
  /** Said where it is not to learn. */
  trainable?: boolean | undefined;
}

const merging = new Set(['Add', 'Concatenate', 'Multiply', 'Average']);

export class KerasBuilder {
  readonly dialect: Dialect;
  readonly #layers = new Map<string, KerasLayer>();
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();

  constructor(dialect: Dialect) {
    this.dialect = dialect;
  }

  input(name: string, shape: FeatureShape): KerasTensor {
    const config = { batch_shape: [null, ...shape], dtype: 'float32', sparse: false };
    return this.add({ name, className: 'InputLayer', config, inputs: [], output: shape });
  }

  /** Adds a layer, or, where one of this name is there already, calls it once more. */
  add({ name, className, config, inputs, output, weights, trainable }: LayerRequest): KerasTensor {
    const own = this.#nameFor(name);
    const known = this.#layers.get(own);
    const layer: KerasLayer = known ?? {
      name: own,
      className,
      config: { ...config, ...(trainable === false ? { trainable } : {}) },
      weights: weights ?? [],
      calls: [],
      merges: merging.has(className),
    };
    if (!known) this.#layers.set(own, layer);
    layer.calls.push([...inputs]);
    return { layer: own, call: layer.calls.length - 1, shape: output };
  }

  finish(name: string, input: KerasTensor, output: KerasTensor): KerasModel {
    const layers = operationOrder([...this.#layers.values()], output);
    return { name: safeName(name), layers, input, output };
  }

  /** Keras takes no slash in a name, and every name once. */
  #nameFor(name: string): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const base = safeName(name);
    let own = base;
    for (let count = 1; this.#taken.has(own); count++) own = `${base}_${count}`;
    this.#taken.add(own);
    this.#names.set(name, own);
    return own;
  }
}

function safeName(name: string): string {
  const safe = name.replaceAll(/[^\w.-]/g, '_');
  return /^[A-Za-z0-9]/.test(safe) ? safe : `layer${safe}`;
}

/** [a, b, c, …] → axes in another order: axis i of the result is axis `order[i]` of the data. */
export function transposed(
  data: Float32Array,
  shape: readonly number[],
  order: readonly number[],
): { shape: number[]; data: Float32Array } {
  const result = order.map((axis) => shape[axis] ?? 1);
  const strides = shape.map((_, axis) => elements(shape.slice(axis + 1)));
  const steps = order.map((axis) => strides[axis] ?? 0);
  const out = new Float32Array(data.length);
  const place = new Array<number>(result.length).fill(0);
  let from = 0;
  for (let at = 0; at < out.length; at++) {
    out[at] = data[from] ?? 0;
    for (let axis = result.length - 1; axis >= 0; axis--) {
      const step = steps[axis] ?? 0;
      from += step;
      const next = (place[axis] ?? 0) + 1;
      if (next < (result[axis] ?? 1)) {
        place[axis] = next;
        break;
      }
      place[axis] = 0;
      from -= step * (result[axis] ?? 1);
    }
  }
  return { shape: result, data: out };
}
