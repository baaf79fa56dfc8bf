/**
 * A convolution's kernel [O, C, kh, kw] as the blocked convolution wants it: [O / block, C / block,
 * kh, kw, block of C, block of O], or [O / block, C, kh, kw, block of O] where the input has few
 * channels and is not blocked. The declared shape stays [O, C, kh, kw].
 *
 * One transpose would do each, at a tenth of the speed: the runtime is fast where a single axis moves
 * or long rows do. So there are several, and what kernels of the forward and the backward pass have
 * in common is done once.
 */
import type { Graph, Node, Value } from '../graph/types.ts';
import { constantInts, sameShape } from '../graph/shape.ts';
import { imageDims, type Layouts } from './layouts.ts';

export class Kernels {
  readonly #layouts: Layouts;
  readonly #producers: Producers;
  /** What is used again: mostly [O / block, C / block, kh · kw, block of O, block of C] of a kernel. */
  readonly #tiles = new Map<Value, Value>();

  constructor(layouts: Layouts, producers: Producers) {
    this.#layouts = layouts;
    this.#producers = producers;
  }

  blocked(old: Value): Value {
    const images = this.#images(old);
    if (images) return images;
    const swapped = this.#producers.swapped(old);
    const source = swapped && this.#producers.flipped(swapped);
    if (source && this.#fits(source)) return this.#turned(source);
    return this.#fits(old) ? this.#forward(old) : this.#few(old);
  }

  /** Of images [N, C, H, W] in blocks that serve as a kernel [C, N, H, W], or of a part of it. */
  #images(old: Value): Value | null {
    const cut = this.#producers.slice(old);
    const swapped = this.#producers.swapped(cut ? cut.value : old);
    if (!swapped || !this.#layouts.isBlocked(swapped)) return null;
    const { b, block } = this.#layouts;
    const [n, c, h, w] = imageDims(swapped);
    if (n % block > 0) return null;
    const whole = this.#imageKernel(swapped);
    if (!cut) return b.reshape(whole, [c, n, h, w]);
    const { starts, ends } = cut;
    const [first = 0, from = 0, left = 0] = starts;
    const [end = n, to = h, right = w] = ends;
    if (first % block > 0 || end % block > 0) return null;
    const pixels = b.reshape(whole, [c / block, n / block, h, w, block * block]);
    const part = b.op('Slice', [
      pixels,
      b.ints([first / block, from, left]),
      b.ints([end / block, to, right]),
      b.ints([1, 2, 3]),
    ]);
    return b.reshape(part, [c, end - first, to - from, right - left]);
  }

  #imageKernel(old: Value): Value {
    const known = this.#tiles.get(old);
    if (known) return known;
    const { b, block } = this.#layouts;
    const [n, c, h, w] = imageDims(old);
    const blocked = this.#layouts.blocked(old);
    const apart = b.reshape(blocked, [n / block, block, c / block, h * w, block]);
    const value = b.transpose(apart, [2, 0, 3, 1, 4]);
    this.#tiles.set(old, value);
    return value;
  }

  #fits(old: Value): boolean {
    const { block } = this.#layouts;
    const [o, c] = imageDims(old);
    return o % block === 0 && c % block === 0;
  }

  #few(old: Value): Value {
    const known = this.#tiles.get(old);
    if (known) return known;
    const { b, block } = this.#layouts;
    const dims = imageDims(old);
    const [o, c, kh, kw] = dims;
    const rows = b.reshape(this.#layouts.plain(old), [o / block, block, c * kh * kw]);
    const value = b.reshape(b.transpose(rows, [0, 2, 1]), dims);
    this.#tiles.set(old, value);
    return value;
  }

  #tilesOf(old: Value): Value {
    const known = this.#tiles.get(old);
    if (known) return known;
    const { b, block } = this.#layouts;
    const [o, c, kh, kw] = imageDims(old);
    const rows = b.reshape(this.#layouts.plain(old), [
      o / block,
      block,
      c / block,
      block * kh * kw,
    ]);
    const tiles = b.transpose(rows, [0, 2, 1, 3]);
    const count = (o / block) * (c / block);
    const flat = b.reshape(tiles, [count, block * block, kh * kw]);
    const value = kh * kw === 1 ? flat : b.transpose(flat, [0, 2, 1]);
    this.#tiles.set(old, value);
    return value;
  }

  #forward(old: Value): Value {
    const { b, block } = this.#layouts;
    const dims = imageDims(old);
    const [o, c, kh, kw] = dims;
    const count = (o / block) * (c / block) * kh * kw;
    const tiles = b.reshape(this.#tilesOf(old), [count, block, block]);
    return b.reshape(b.transpose(tiles, [0, 2, 1]), dims);
  }

  /** Of a kernel [O, C, kh, kw] that is to be turned by 180° and have its channel axes swapped. */
  #turned(old: Value): Value {
    const { b, block } = this.#layouts;
    const [o, c, kh, kw] = imageDims(old);
    const parts = [o / block, c / block, kh * kw * block * block];
    const swapped = b.transpose(b.reshape(this.#tilesOf(old), parts), [1, 0, 2]);
    const taps = b.reshape(swapped, [(o / block) * (c / block), kh * kw, block * block]);
    const turned =
      kh * kw === 1
        ? taps
        : b.op('Slice', [taps, b.ints([-1]), b.ints([-(2 ** 31)]), b.ints([1]), b.ints([-1])]);
    return b.reshape(turned, [c, o, kh, kw]);
  }
}

/** Which node of the old graph made a value, for the few patterns that have a shorter way. */
export class Producers {
  readonly #nodes = new Map<Value, Node>();
  readonly #uses = new Map<Value, Node[]>();

  readonly #outputs: ReadonlySet<Value>;

  constructor({ nodes, outputs }: Graph) {
    this.#outputs = new Set(outputs.values());
    for (const node of nodes) {
      for (const value of node.outputs) this.#nodes.set(value, node);
      for (const value of node.inputs) {
        if (!value) continue;
        const uses = this.#uses.get(value) ?? [];
        uses.push(node);
        this.#uses.set(value, uses);
      }
    }
  }

  isOutput(value: Value): boolean {
    return this.#outputs.has(value);
  }

  uses(value: Value): readonly Node[] {
    return this.#uses.get(value) ?? [];
  }

  /** v, if this is v with its first two axes swapped. */
  swapped(value: Value): Value | null {
    const node = this.#nodes.get(value);
    const perm = node?.attributes['perm'];
    if (node?.op !== 'Transpose' || typeof perm !== 'object') return null;
    return sameShape(perm, [1, 0, 2, 3]) ? (node.inputs[0] ?? null) : null;
  }

  /** What this is a part of, if it is cut out of axes 1, 2 and 3. */
  slice(value: Value): { value: Value; starts: number[]; ends: number[] } | null {
    const node = this.#nodes.get(value);
    const [from, starts, ends, axes, steps] = node?.inputs ?? [];
    if (node?.op !== 'Slice' || !from || steps) return null;
    if (!sameShape(constantInts(axes, 'Slice axes'), [1, 2, 3])) return null;
    return {
      value: from,
      starts: constantInts(starts, 'Slice starts'),
      ends: constantInts(ends, 'Slice ends'),
    };
  }

  /** v, if this is v read backwards along its last two axes. */
  flipped(value: Value): Value | null {
    const node = this.#nodes.get(value);
    if (node?.op !== 'Slice' || !node.inputs[4]) return null;
    const axes = constantInts(node.inputs[3], 'Slice axes');
    const steps = constantInts(node.inputs[4], 'Slice steps');
    const backwards = sameShape(axes, [2, 3]) && sameShape(steps, [-1, -1]);
    return backwards ? (node.inputs[0] ?? null) : null;
  }
}
