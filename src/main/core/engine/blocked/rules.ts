/** How single operators work on blocks. Each rule answers whether it has done the node. */
import type { OpName } from '../graph/op-names.ts';
import { concrete, constantInts, sameShape, sizeAt } from '../graph/shape.ts';
import type { Node, Value } from '../graph/types.ts';
import { intAttribute, windowOf } from '../ops/helpers.ts';
import { comparedGradient } from '../ops/max-pool-gradient.ts';
import { emit, perChannelOperand, type Rewriting } from './convolutions.ts';
import { imageDims, type Layouts } from './layouts.ts';
import { strips } from './strips.ts';

export type Rule = (rewriting: Rewriting, node: Node) => boolean;

/** Below this many columns, most of a padded row would be computed one number at a time. */
const FEW_COLUMNS = 8;

const convolution: Rule = (rewriting, node) => {
  const { layouts, kernels } = rewriting;
  const [x, weight, bias] = node.inputs;
  const [output] = node.outputs;
  if (!x || !weight || !output) return false;
  if (!canConvolve(layouts, node)) return false;
  const { b } = layouts;
  const inBlocks = sizeAt(x.shape, 1) >= layouts.block;
  let image = inBlocks ? layouts.blocked(x) : layouts.plain(x);
  const { pads, kernel } = windowOf(node.attributes, [
    sizeAt(weight.shape, 2),
    sizeAt(weight.shape, 3),
  ]);
  let attributes = node.attributes;
  const [, left, , right] = pads;
  if (inBlocks && left + right > 0 && sizeAt(output.shape, 3) < FEW_COLUMNS) {
    const [n, c, h, w] = imageDims(x);
    const padded = b.op('Pad', [
      layouts.apart(image),
      b.ints([0, 0, 0, left, 0, 0, 0, 0, right, 0]),
    ]);
    image = b.reshape(padded, [n, c, h, w + left + right]);
    attributes = { ...attributes, pads: [pads[0], 0, pads[2], 0] };
  }
  emit(rewriting, output, image, kernels.blocked(weight), bias ? layouts.plain(bias) : null, {
    ...attributes,
    kernel_shape: kernel,
  });
  return true;
};

function canConvolve(layouts: Layouts, { inputs, attributes }: Node): boolean {
  const [x, weight] = inputs;
  if (!x || !weight || intAttribute(attributes, 'group', 1) !== 1) return false;
  if (![...x.shape, ...weight.shape].every(Number.isInteger)) return false;
  const channels = sizeAt(x.shape, 1);
  const few = channels < layouts.block;
  return sizeAt(weight.shape, 0) % layouts.block === 0 && (few || layouts.fits(x));
}

/** One number for one number. */
const elementwise: Rule = (rewriting, node) => {
  const { layouts } = rewriting;
  const [output] = node.outputs;
  if (!output || !layouts.fits(output)) return false;
  const inputs = node.inputs.filter((value) => value !== null);
  const full = inputs.filter(({ shape }) => sameShape(shape, output.shape));
  const rest = inputs.filter((value) => !full.includes(value));
  if (oneAChannel(layouts, node, full, rest)) return true;
  if (!full.some((value) => layouts.isBlocked(value))) return false;
  if (perChannelOperand(rewriting, node)) return true;
  if (full.some((value) => value.dtype !== 'float32' && !layouts.isBlocked(value))) return false;
  if (rest.some(({ shape }) => shape.length > 0)) return false;
  const values = node.inputs.map((value) =>
    value && full.includes(value) ? layouts.blocked(value) : value && layouts.plain(value),
  );
  layouts.setBlocked(output, layouts.b.op(node.op, values, node.attributes));
  return true;
};

/** Of numbers that only repeat one a channel: on that one. */
function oneAChannel(
  layouts: Layouts,
  node: Node,
  full: readonly Value[],
  rest: readonly Value[],
): boolean {
  const [output] = node.outputs;
  if (!output || full.length === 0 || rest.some(({ shape }) => shape.length > 0)) return false;
  if (!full.every((value) => layouts.repeated(value))) return false;
  const values = node.inputs.map(
    (value) => value && (layouts.repeated(value) ?? layouts.plain(value)),
  );
  layouts.setRepeated(output, layouts.b.op(node.op, values, node.attributes));
  return true;
}

const expand: Rule = ({ layouts }, node) => {
  const [x] = node.inputs;
  const [output] = node.outputs;
  if (!x || !output || !layouts.fits(output)) return false;
  if (!sameShape(x.shape, [1, sizeAt(output.shape, 1), 1, 1])) return false;
  layouts.setRepeated(output, layouts.plain(x));
  return true;
};

/** Slice and Pad of images and pixels, not of channels. */
const pixels: Rule = ({ layouts }, node) => {
  const [x, ...rest] = node.inputs;
  const [output] = node.outputs;
  if (!x || !output || !layouts.isBlocked(x)) return false;
  if (sizeAt(output.shape, 1) !== sizeAt(x.shape, 1)) return false;
  const { b } = layouts;
  const numbers = (value: Value | null | undefined) => constantInts(value, `input of ${node.op}`);
  let settings: (Value | null)[];
  if (node.op === 'Pad') {
    const pads = numbers(rest[0]);
    settings = [b.ints([...pads.slice(0, 4), 0, ...pads.slice(4), 0])];
  } else {
    if (numbers(rest[2]).includes(1)) return false;
    settings = rest.map((value) => value && layouts.plain(value));
  }
  const cut = b.op(node.op, [layouts.apart(layouts.blocked(x)), ...settings], node.attributes);
  layouts.setBlocked(output, b.reshape(cut, concrete(output.shape)));
  return true;
};

/** Images and channels swapped, on their way to be a kernel's gradient, or an image for one. */
const swapped: Rule = ({ layouts, producers }, node) => {
  const [x] = node.inputs;
  const [output] = node.outputs;
  if (!x || !output || !layouts.isBlocked(x) || producers.swapped(output) !== x) return false;
  const { b, block } = layouts;
  const [n, c, h, w] = imageDims(x);
  const parts = b.reshape(layouts.blocked(x), [n, c / block, h * w * block]);
  const rows = b.reshape(b.transpose(parts, [1, 0, 2]), [c / block, n * h * w, block]);
  layouts.setPlain(output, b.reshape(b.transpose(rows, [0, 2, 1]), [c, n, h, w]));
  return true;
};

const maxPool: Rule = ({ layouts }, node) => {
  const [x] = node.inputs;
  const [y, places] = node.outputs;
  if (!x || !y || places || !layouts.isBlocked(x)) return false;
  layouts.setBlocked(y, layouts.b.op('NchwcMaxPool', [layouts.blocked(x)], node.attributes));
  return true;
};

const globalAveragePool: Rule = ({ layouts }, node) => {
  const [x] = node.inputs;
  const [y] = node.outputs;
  if (!x || !y || !layouts.isBlocked(x)) return false;
  layouts.setBlocked(y, layouts.b.op('NchwcGlobalAveragePool', [layouts.blocked(x)]));
  return true;
};

/** Over batch and pixels: the runtime averages pixels of blocks, what is left is one number an image. */
const perChannel: Rule = ({ layouts }, node) => {
  const [x, over] = node.inputs;
  const [output] = node.outputs;
  if (!x || !output || !layouts.isBlocked(x)) return false;
  if (!sameShape(constantInts(over, `${node.op} axes`), [0, 2, 3])) return false;
  const { b } = layouts;
  const [n, c, h, w] = imageDims(x);
  const means = b.op('NchwcGlobalAveragePool', [layouts.blocked(x)]);
  const sum = b.op(node.op, [b.reshape(means, [n, c]), b.ints([0])], { keepdims: 0 });
  const scaled = node.op === 'ReduceSum' ? b.op('Mul', [sum, b.scalar(h * w)]) : sum;
  const shape = concrete(output.shape);
  layouts.setPlain(output, shape.length === 1 ? scaled : b.reshape(scaled, shape));
  return true;
};

/** Takes the one node apart, in the order in which x lies. */
const maxPoolGradient: Rule = ({ layouts }, node) => {
  const [x, y, grad] = node.inputs;
  const [output] = node.outputs;
  if (!x || !y || !grad || !output) return false;
  const { b, block } = layouts;
  if (layouts.isBlocked(x)) {
    const [image, pooled, slope] = [layouts.blocked(x), layouts.blocked(y), layouts.blocked(grad)];
    const layout = { pool: 'NchwcMaxPool', block } as const;
    layouts.setBlocked(output, comparedGradient(b, layout, image, pooled, slope));
  } else {
    const layout = { pool: 'MaxPool', block: 1 } as const;
    const [image, pooled, slope] = [layouts.plain(x), layouts.plain(y), layouts.plain(grad)];
    layouts.setPlain(output, comparedGradient(b, layout, image, pooled, slope));
  }
  return true;
};

const anyElementwise: OpName[] = [
  'Add',
  'And',
  'Cast',
  'Clip',
  'Div',
  'Elu',
  'Equal',
  'Erf',
  'Exp',
  'Greater',
  'Identity',
  'LeakyRelu',
  'Log',
  'Max',
  'Mul',
  'Neg',
  'Not',
  'Or',
  'Reciprocal',
  'Relu',
  'Sigmoid',
  'Sign',
  'Softplus',
  'Sqrt',
  'Sub',
  'Tanh',
  'Where',
];

export const rules: Partial<Record<OpName, Rule>> = {
  ...Object.fromEntries(anyElementwise.map((op) => [op, elementwise])),
  Conv: convolution,
  Expand: expand,
  GlobalAveragePool: globalAveragePool,
  MaxPool: maxPool,
  MaxPoolGradient: maxPoolGradient,
  Pad: pixels,
  ReduceMean: perChannel,
  ReduceSum: perChannel,
  Slice: pixels,
  Strips: strips,
  Transpose: swapped,
};
