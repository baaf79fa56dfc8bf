/**
 * Where each value of the graph that is being rewritten lies: as rows of channels, as blocks of
 * them, or both. Conversions are added when somebody asks for the other one, once.
 */
import type { GraphBuilder } from '../graph/builder.ts';
import { concrete, sizeAt } from '../graph/shape.ts';
import type { Value } from '../graph/types.ts';

/** [N, C, H, W] */
export type ImageDims = readonly [number, number, number, number];

export class Layouts {
  readonly b: GraphBuilder;
  /** Channels of a block. */
  readonly block: number;
  /** From the old graph's values to the new one's. Blocks keep the declared shape [N, C, H, W]. */
  readonly #plain = new Map<Value, Value>();
  readonly #blocked = new Map<Value, Value>();
  /** Values that repeat one number a channel, [1, C, 1, 1], over their whole shape. */
  readonly #repeated = new Map<Value, Value>();

  constructor(b: GraphBuilder, block: number) {
    this.b = b;
    this.block = block;
  }

  setPlain(old: Value, value: Value): void {
    this.#plain.set(old, value);
  }

  setBlocked(old: Value, value: Value): void {
    this.#blocked.set(old, value);
  }

  setRepeated(old: Value, value: Value): void {
    this.#repeated.set(old, value);
  }

  /** [1, C, 1, 1] of a value that only repeats it. */
  repeated(old: Value): Value | null {
    return this.#repeated.get(old) ?? null;
  }

  /** Whether the new graph has the value, or can have it any time. */
  knows(old: Value): boolean {
    const maps = [this.#plain, this.#blocked, this.#repeated];
    return old.constant !== undefined || maps.some((map) => map.has(old));
  }

  /** Whether the value lies in blocks, whatever else. */
  isBlocked(old: Value): boolean {
    return this.#blocked.has(old);
  }

  /** Whether the value's channels fill blocks. */
  fits(old: Value): boolean {
    const { shape } = old;
    return (
      shape.length === 4 && shape.every(Number.isInteger) && sizeAt(shape, 1) % this.block === 0
    );
  }

  plain(old: Value): Value {
    const known = this.#plain.get(old);
    if (known) return known;
    const value = this.#rows(old);
    this.#plain.set(old, value);
    return value;
  }

  blocked(old: Value): Value {
    const known = this.#blocked.get(old);
    if (known) return known;
    const plain = this.plain(old);
    const value = onePixel(plain) ? plain : this.b.op('ReorderInput', [plain]);
    this.#blocked.set(old, value);
    return value;
  }

  /** A blocked value with its blocks as a last axis: [N, C / block, H, W, block]. */
  apart(value: Value): Value {
    const [n, c, h, w] = imageDims(value);
    return this.b.reshape(value, [n, c / this.block, h, w, this.block]);
  }

  #rows(old: Value): Value {
    const blocked = this.#blocked.get(old);
    if (blocked) return this.#unblock(blocked);
    const repeated = this.#repeated.get(old);
    return repeated
      ? this.b.op('Expand', [repeated, this.b.ints(concrete(old.shape))])
      : this.#constant(old);
  }

  #unblock(blocked: Value): Value {
    if (onePixel(blocked)) return blocked;
    if (blocked.dtype === 'float32') {
      return this.b.op('ReorderOutput', [blocked], { channels: sizeAt(blocked.shape, 1) });
    }
    // The runtime reorders floats only.
    const swapped = this.b.transpose(this.apart(blocked), [0, 1, 4, 2, 3]);
    return this.b.reshape(swapped, concrete(blocked.shape));
  }

  #constant({ name, constant }: Value): Value {
    if (!constant) throw new RangeError(`${name} is not made yet`);
    const { dtype, dims, data } = constant;
    if (dtype === 'int64' && dims.length === 1) return this.b.ints(Array.from(data, Number));
    const [first] = data;
    if (dtype === 'float32' && dims.length === 0) return this.b.scalar(Number(first));
    return this.b.tensor(constant);
  }
}

export function imageDims({ shape }: Value): ImageDims {
  return [sizeAt(shape, 0), sizeAt(shape, 1), sizeAt(shape, 2), sizeAt(shape, 3)];
}

/** With one pixel, rows of channels and blocks of channels are the same bytes. */
function onePixel({ shape }: Value): boolean {
  return shape[2] === 1 && shape[3] === 1;
}
