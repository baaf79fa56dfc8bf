/**
 * The blocked convolution does more than to convolve: it adds a number a channel, then another image,
 * and cuts off what is negative, in one pass. With a 1×1 kernel for each channel it is also the fast
 * way to scale and shift channels, as normalisation does.
 */
import { sameShape, sizeAt } from '../graph/shape.ts';
import type { Attributes, Node, Value } from '../graph/types.ts';
import type { Kernels, Producers } from './kernels.ts';
import type { Layouts } from './layouts.ts';

export interface Rewriting {
  layouts: Layouts;
  producers: Producers;
  kernels: Kernels;
  /** Nodes of the old graph that another one's rule has done already. */
  done: Set<Node>;
}

/** A blocked convolution with as many of the nodes after it as it can do as well. */
export function emit(
  rewriting: Rewriting,
  output: Value,
  image: Value,
  kernel: Value,
  given: Value | null,
  attributes: Attributes,
): void {
  const { layouts, done } = rewriting;
  let at = output;
  let bias = given;
  let sum: Value | null = null;
  let relu = false;
  while (!relu) {
    const node = onlyUse(rewriting, at);
    if (!node) break;
    const shift: Value | null = bias || sum ? null : shiftOf(layouts, node, at);
    const image = sum || shift ? null : imageAddedBy(layouts, node, at);
    if (node.op === 'Relu') relu = true;
    else if (shift) bias = shift;
    else if (image) sum = layouts.blocked(image);
    else break;
    done.add(node);
    at = node.outputs[0] ?? at;
  }
  const inputs = [image, kernel, bias, ...(sum ? [sum] : [])];
  const all = relu ? { ...attributes, activation: 'Relu' } : attributes;
  layouts.setBlocked(at, layouts.b.op('NchwcConv', inputs, all));
}

/** The one node that reads a value, if there is only one and nobody outside wants it. */
function onlyUse({ producers }: Rewriting, value: Value): Node | null {
  const uses = producers.uses(value);
  return uses.length === 1 && !producers.isOutput(value) ? (uses[0] ?? null) : null;
}

/** The other operand of an Add. */
function addedBy(node: Node, value: Value): Value | null {
  if (node.op !== 'Add') return null;
  const [first, second] = node.inputs;
  return (first === value ? second : first) ?? null;
}

function imageAddedBy(layouts: Layouts, node: Node, value: Value): Value | null {
  const other = addedBy(node, value);
  const fits = other && other !== value && sameShape(other.shape, value.shape);
  return fits && layouts.isBlocked(other) ? other : null;
}

/** What a node adds to each channel, [C]. */
function shiftOf(layouts: Layouts, node: Node, value: Value): Value | null {
  const other = addedBy(node, value);
  return other && channelNumbers(layouts, other, sizeAt(value.shape, 1));
}

/** One number a channel, [C], if a value is that and nothing more, and is known already. */
function channelNumbers(layouts: Layouts, old: Value, channels: number): Value | null {
  const { b } = layouts;
  const repeated = layouts.repeated(old);
  if (repeated) return b.reshape(repeated, [channels]);
  const shapes = [
    [1, channels, 1, 1],
    [channels, 1, 1],
  ];
  if (!layouts.knows(old) || !shapes.some((shape) => sameShape(shape, old.shape))) return null;
  return b.reshape(layouts.plain(old), [channels]);
}

/** Add, Sub, Mul or Div of an image in blocks and one number a channel: a 1×1 convolution. */
export function perChannelOperand(rewriting: Rewriting, node: Node): boolean {
  const { layouts } = rewriting;
  const { b } = layouts;
  const [left, right] = node.inputs;
  const [output] = node.outputs;
  if (!left || !right || !output || left === right) return false;
  const commutes = node.op === 'Add' || node.op === 'Mul';
  if (!commutes && node.op !== 'Sub' && node.op !== 'Div') return false;
  const imageFirst = layouts.isBlocked(left) && sameShape(left.shape, output.shape);
  if (!imageFirst && !commutes) return false;
  const [image, other] = imageFirst ? [left, right] : [right, left];
  if (image.dtype !== 'float32' || !layouts.isBlocked(image)) return false;
  const channels = sizeAt(output.shape, 1);
  const numbers = channelNumbers(layouts, other, channels);
  if (!numbers) return false;
  const asKernel = (value: Value) => b.reshape(value, [channels, 1, 1, 1]);
  const ones = () => b.op('Expand', [b.scalar(1), b.ints([channels, 1, 1, 1])]);
  const [kernel, bias] =
    node.op === 'Mul'
      ? [asKernel(numbers), null]
      : node.op === 'Div'
        ? [asKernel(b.op('Reciprocal', [numbers])), null]
        : [ones(), node.op === 'Add' ? numbers : b.op('Neg', [numbers])];
  emit(rewriting, output, layouts.blocked(image), kernel, bias, {
    kernel_shape: [1, 1],
    group: channels,
  });
  return true;
}
