/**
 * Collects tensors and operators. Values of the graph are NCHW; TFLite wants images as NHWC. Each
 * value of four axes has up to two tensors: 'plain' in the graph's order and 'image' with channels
 * last, made of one another where it is needed.
 */
import { elements } from '../../graph/shape.ts';
import type { Shape, Value } from '../../graph/types.ts';
import { floatsOf } from '../rewrite.ts';
import type { LiteData, LiteModel, LiteOp, LiteOperator, LiteTensor, LiteType } from './model.ts';

export type Layout = 'plain' | 'image';

export const TO_IMAGE = [0, 2, 3, 1] as const;
export const TO_PLAIN = [0, 3, 1, 2] as const;

/** The batch, the one open size, is −1. */
export function liteShape(shape: Shape): number[] {
  return shape.map((dim) => (typeof dim === 'number' ? dim : -1));
}

export function permuted<T>(list: readonly T[], perm: readonly number[]): T[] {
  return perm.map((axis) => list[axis]!);
}

export class LiteBuilder {
  readonly #tensors: LiteTensor[] = [];
  readonly #operators: LiteOperator[] = [];
  readonly #known = new Map<Value, Partial<Record<Layout, number>>>();
  readonly #constants = new Map<string, number>();

  tensor(tensor: Omit<LiteTensor, 'quantization'>): number {
    return this.#tensors.push({ ...tensor, quantization: null }) - 1;
  }

  shapeOf(index: number): readonly number[] {
    return this.#tensors[index]!.shape;
  }

  /** The same list is stored once. */
  ints(list: readonly number[]): number {
    return this.#shared(`i${list.join()}`, Int32Array.from(list), [list.length]);
  }

  float(number: number): number {
    return this.#shared(`f${number}`, Float32Array.of(number), []);
  }

  /** @param key the same for the same numbers: views of an image look with the same weights */
  floats(data: Float32Array, shape: readonly number[], name: string, key = name): number {
    const known =
      this.#constants.get(key) ?? this.tensor({ name, type: 'float32', shape, data, source: null });
    this.#constants.set(key, known);
    return known;
  }

  #shared(key: string, data: Int32Array | Float32Array, shape: readonly number[]): number {
    const type: LiteType = data instanceof Int32Array ? 'int32' : 'float32';
    const known =
      this.#constants.get(key) ?? this.tensor({ name: key, type, shape, data, source: null });
    this.#constants.set(key, known);
    return known;
  }

  /** The value's tensor in this layout is `index`. */
  set(value: Value, layout: Layout, index: number): void {
    this.#known.set(value, { ...this.#known.get(value), [layout]: index });
  }

  has(value: Value, layout: Layout): boolean {
    return this.#known.get(value)?.[layout] !== undefined;
  }

  get(value: Value, layout: Layout): number {
    const known = this.#known.get(value);
    const found = known?.[layout];
    if (found !== undefined) return found;
    const made = value.constant
      ? this.#constant(value, layout)
      : this.#turned(value, layout, known);
    this.set(value, layout, made);
    return made;
  }

  #constant(value: Value, layout: Layout): number {
    const data = floatsOf(value);
    if (!data) throw new RangeError(`${value.name} is no float constant`);
    const dims = value.constant!.dims;
    if (layout === 'plain') return this.floats(data, dims, value.name, `${value.name} plain`);
    // Fewer axes than four are its last ones.
    const four = [...new Array<number>(4 - dims.length).fill(1), ...dims];
    return this.floats(
      transpose(data, four, TO_IMAGE),
      permuted(four, TO_IMAGE),
      value.name,
      `${value.name} image`,
    );
  }

  #turned(
    value: Value,
    layout: Layout,
    known: Partial<Record<Layout, number>> | undefined,
  ): number {
    const from = known?.[layout === 'image' ? 'plain' : 'image'];
    if (from === undefined) throw new RangeError(`${value.name} is used before it is made`);
    const perm = layout === 'image' ? TO_IMAGE : TO_PLAIN;
    const shape = permuted(this.shapeOf(from), perm);
    // With one channel, or one pixel, both orders are the same.
    if (sameOrder(value.shape)) return this.reshape(from, shape, value.name);
    return this.add('TRANSPOSE', [from, this.ints(perm)], {
      shape,
      name: `${value.name}_${layout}`,
      source: value.name,
    });
  }

  reshape(from: number, shape: readonly number[], source: string | null): number {
    if (this.shapeOf(from).join() === shape.join()) return from;
    return this.add('RESHAPE', [from, this.ints(shape)], {
      shape,
      name: `${this.#tensors[from]!.name}_reshaped`,
      source,
    });
  }

  /** Adds an operator and answers its float32 output. */
  add(
    op: LiteOp,
    inputs: readonly number[],
    output: { shape: readonly number[]; name: string; source: string | null },
    options: LiteOperator['options'] = {},
  ): number {
    const index = this.tensor({ ...output, type: 'float32', data: null });
    this.#operators.push({ op, inputs, output: index, options });
    return index;
  }

  finish(inputs: number[], outputs: number[]): LiteModel {
    return { tensors: this.#tensors, operators: this.#operators, inputs, outputs };
  }
}

/** Whether moving the channels behind the pixels changes nothing but the shape. */
export function sameOrder(shape: Shape): boolean {
  const [, channels, height, width] = shape;
  return channels === 1 || (height === 1 && width === 1);
}

export function transpose<T extends LiteData>(
  data: T,
  dims: readonly number[],
  perm: readonly number[],
): T {
  const strides = dims.map((_, axis) => elements(dims.slice(axis + 1)));
  const sizes = permuted(dims, perm);
  const steps = permuted(strides, perm);
  const result = data.slice() as T;
  const index = sizes.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from]!;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      from += steps[axis]!;
      if (index[axis]! < sizes[axis]!) break;
      from -= steps[axis]! * sizes[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}
