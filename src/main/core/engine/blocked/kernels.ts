/**
 * A convolution's kernel [O, C, kh, kw] as the blocked convolution wants it: [O / block, C / block,
 * kh, kw, block of C, block of O], or [O / block, C, kh, kw, block of O] where the input has few
 * channels and is not blocked. The declared shape stays [O, C, kh, kw].
 *
 * One transpose would do each; the runtime is fast at those that move a single axis, so there are two.
 */
import type { Graph, Node, Value } from '../graph/types.ts';
import { constantInts, sameShape } from '../graph/shape.ts';
import { imageDims, type Layouts } from './layouts.ts';

export function blockKernel(layouts: Layouts, producers: Producers, old: Value): Value {
  const swapped = producers.swapped(old);
  if (swapped && layouts.isBlocked(swapped)) return fromImages(layouts, swapped);
  if (swapped) {
    const source = producers.flipped(swapped);
    if (source) return flipped(layouts, source);
  }
  return generic(layouts, old);
}

function generic(layouts: Layouts, old: Value): Value {
  const { b, block } = layouts;
  const dims = imageDims(old);
  const [o, c, kh, kw] = dims;
  const inside = c * kh * kw;
  const rows = b.reshape(layouts.plain(old), [o / block, block, inside]);
  const columns = b.transpose(rows, [0, 2, 1]);
  if (c < block) return b.reshape(columns, dims);
  const taps = b.reshape(columns, [(o / block) * (c / block), block, kh * kw, block]);
  return b.reshape(b.transpose(taps, [0, 2, 1, 3]), dims);
}

/** Of images [N, C, H, W] in blocks that serve as a kernel [C, N, H, W]. */
function fromImages(layouts: Layouts, old: Value): Value {
  const { b, block } = layouts;
  const [n, c, h, w] = imageDims(old);
  const apart = b.reshape(layouts.blocked(old), [n / block, block, c / block, h * w, block]);
  return b.reshape(b.transpose(apart, [2, 0, 3, 1, 4]), [c, n, h, w]);
}

/** Of a kernel [O, C, kh, kw] that is to be turned by 180° and have its channel axes swapped. */
function flipped(layouts: Layouts, old: Value): Value {
  const { b, block } = layouts;
  const [o, c, kh, kw] = imageDims(old);
  const parts = b.reshape(layouts.plain(old), [(o * c) / block, block, kh * kw]);
  const taps = b.transpose(parts, [0, 2, 1]);
  const turned = b.op('Slice', [
    taps,
    b.ints([-1]),
    b.ints([-(2 ** 31)]),
    b.ints([1]),
    b.ints([-1]),
  ]);
  const apart = b.reshape(turned, [o / block, block, c / block, kh * kw, block]);
  return b.reshape(b.transpose(apart, [2, 0, 3, 1, 4]), [c, o, kh, kw]);
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
