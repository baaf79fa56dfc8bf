/** Operators that move, cut and join numbers. */
import { elements, normalizeAxis, sameShape, sizeAt } from '../../graph/shape.ts';
import type { Dim, Shape, Value } from '../../graph/types.ts';
import { multiply } from '../dims.ts';
import { Untranslatable } from '../errors.ts';
import { clamped, isKnown } from '../operands.ts';
import type { Rule, Translation } from './translation.ts';

/** `value` in a shape of which one size may be known by name only. */
export function reshapedTo(t: Translation, value: Value, shape: Shape): Value {
  if (sameShape(value.shape, shape)) return value;
  const names = shape.filter((dim) => typeof dim === 'string');
  if (names.length > 1) throw new Untranslatable('its shape depends on the batch twice');
  return t.b.reshape(
    value,
    shape.map((dim) => (typeof dim === 'string' ? -1 : dim)),
  );
}

const reshape: Rule = (t) => {
  const x = t.value(0);
  const target = t.opset < 5 ? (t.list('shape') ?? []) : t.dims(1);
  const copies = t.int('allowzero', 0) === 0;
  const shape = target.map((dim, axis) => (dim === 0 && copies ? (x.shape[axis] ?? 0) : dim));
  const open = shape.indexOf(-1);
  const named = shape.findIndex((dim) => typeof dim === 'string');
  if (open < 0 || named < 0) return [reshapedTo(t, x, shape)];
  // Two sizes to work out: the one with a name has the batch, the other one is what is left.
  const own = x.shape.find((dim) => typeof dim === 'string');
  const rest = x.shape.filter((dim) => typeof dim === 'number');
  const others = shape.filter((dim) => typeof dim === 'number' && dim !== -1) as number[];
  if (own === undefined) throw new Untranslatable('its shape depends on the batch');
  const whole = multiply(own, elements(rest));
  const part = multiply(shape[named] ?? 1, elements(others));
  const quotient = countOf(whole) / countOf(part);
  return [reshapedTo(t, x, shape.with(open, quotient))];
};

function countOf(dim: Dim): number {
  if (typeof dim === 'number') return dim;
  const star = dim.indexOf('*');
  return star > 0 ? Number(dim.slice(0, star)) : 1;
}

const flatten: Rule = (t) => {
  const x = t.value(0);
  const axis = t.int('axis', 1);
  const at = axis < 0 ? axis + x.shape.length : axis;
  const join = (dims: Shape) => dims.reduce<Dim>((product, dim) => multiply(product, dim), 1);
  return [reshapedTo(t, x, [join(x.shape.slice(0, at)), join(x.shape.slice(at))])];
};

const squeeze: Rule = (t) => {
  const x = t.value(0);
  const given = t.listOrInput('axes', 1);
  const axes = given
    ? t.axes(given, x.shape.length)
    : x.shape.map((dim, axis) => (dim === 1 ? axis : -1));
  return [
    reshapedTo(
      t,
      x,
      x.shape.filter((_, axis) => !axes.includes(axis)),
    ),
  ];
};

const unsqueeze: Rule = (t) => {
  const x = t.value(0);
  const given = t.listOrInput('axes', 1) ?? [];
  const shape: Dim[] = [...x.shape];
  for (const axis of t.axes(given, x.shape.length + given.length)) shape.splice(axis, 0, 1);
  return [reshapedTo(t, x, shape)];
};

const transpose: Rule = (t) => {
  const x = t.value(0);
  const perm = t.list('perm') ?? x.shape.map((_, axis) => axis).reverse();
  return [t.b.transpose(x, perm)];
};

const expand: Rule = (t) => [expandedTo(t, t.value(0), t.dims(1))];

/** Where the batch is known by name only, it is taken from the image, by adding its zeros. */
function expandedTo(t: Translation, x: Value, dims: readonly Dim[]): Value {
  const rank = Math.max(x.shape.length, dims.length);
  const target = dims.map((dim, index): Dim => {
    const own = x.shape[index - dims.length + x.shape.length] ?? 1;
    return dim === own ? 1 : dim;
  });
  if (target.every((dim) => dim === 1) && rank === x.shape.length) return x;
  if (!target.some((dim) => typeof dim === 'string')) {
    return t.op('Expand', [x, t.b.ints(target.map(Number))]);
  }
  const { image } = t;
  const zeros = t.op('Mul', [
    t.op('Slice', [image, t.b.ints([0, 0, 0]), t.b.ints([1, 1, 1]), t.b.ints([1, 2, 3])]),
    t.scalar(0),
  ]);
  if (target.some((dim) => typeof dim === 'string' && dim !== image.shape[0])) {
    throw new Untranslatable('its shape depends on the batch');
  }
  const one = t.b.reshape(
    zeros,
    target.map((dim) => (typeof dim === 'string' ? -1 : 1)),
  );
  const wide = target.some((dim) => typeof dim === 'number' && dim > 1)
    ? t.op('Expand', [x, t.b.ints(target.map((dim) => (typeof dim === 'string' ? 1 : dim)))])
    : x;
  return t.op('Add', [wide, one]);
}

const concat: Rule = (t) => {
  const values = t.operands.map((_, index) => t.value(index));
  const rank = values[0]?.shape.length ?? 0;
  const axis = normalizeAxis(t.int('axis', 1), rank);
  if (values.length === 1) return values;
  // A class token that was written for one picture.
  const batch = values.find((value) => value.shape[0] !== 1)?.shape[0];
  const together = values.map((value) =>
    axis !== 0 && batch !== undefined && value.shape[0] === 1
      ? expandedTo(t, value, [batch, ...new Array<number>(rank - 1).fill(1)])
      : value,
  );
  return [t.op('Concat', together, { axis })];
};

const split: Rule = (t) => {
  const x = t.value(0);
  const axis = normalizeAxis(t.int('axis', 0), x.shape.length);
  const length = sizeAt(x.shape, axis);
  const parts = t.int('num_outputs', t.node.outputs.length);
  const each = Math.ceil(length / Math.max(1, parts));
  const even = Array.from({ length: parts }, (_, index) =>
    Math.max(0, Math.min(each, length - index * each)),
  );
  const sizes = t.listOrInput('split', 1) ?? even;
  return t.b.node('Split', [x, t.b.ints(sizes)], { axis });
};

const slice: Rule = (t) => {
  const x = t.value(0);
  const rank = x.shape.length;
  const old = t.opset < 10;
  const starts = old ? (t.list('starts') ?? []) : t.ints(1);
  const ends = old ? (t.list('ends') ?? []) : t.ints(2);
  const given = old ? t.list('axes') : t.has(3) ? t.ints(3) : null;
  const axes = (given ?? starts.map((_, axis) => axis)).map((axis) => normalizeAxis(axis, rank));
  const steps = !old && t.has(4) ? t.ints(4) : starts.map(() => 1);
  const used = axes
    .map((axis, index) => ({
      axis,
      from: clamped(starts[index] ?? 0),
      to: clamped(ends[index] ?? 0),
      step: steps[index] ?? 1,
    }))
    .filter(({ axis, from, to, step }) => {
      // The whole of it, which may be the batch.
      const dim = x.shape[axis];
      const far = typeof dim === 'number' ? dim : 2 ** 31 - 1;
      return !(step === 1 && from === 0 && to >= far);
    });
  if (used.length === 0) return [x];
  const list = (of: (cut: (typeof used)[number]) => number) => t.b.ints(used.map(of));
  const inputs = [x, list((c) => c.from), list((c) => c.to), list((c) => c.axis)];
  if (used.some(({ step }) => step !== 1)) inputs.push(list((c) => c.step));
  return [t.op('Slice', inputs)];
};

/** Along one axis: one place of it, a stretch, or any. */
const gather: Rule = (t) => {
  const x = t.value(0);
  const axis = normalizeAxis(t.int('axis', 0), x.shape.length);
  const places = t.operands[1];
  if (!places || !isKnown(places)) throw new Untranslatable('what it picks depends on the picture');
  const length = sizeAt(x.shape, axis);
  const indices = t.ints(1).map((index) => (index < 0 ? index + length : index));
  const [first = 0] = indices;
  const stretch = indices.every((index, at) => index === first + at);
  const picked = stretch
    ? t.op('Slice', [x, t.b.ints([first]), t.b.ints([first + indices.length]), t.b.ints([axis])])
    : t.op('Gather', [x, t.b.ints(indices)], { axis });
  if (places.dims.length === 1) return [picked];
  const shape: Dim[] = [...picked.shape];
  shape.splice(axis, 1, ...places.dims);
  return [reshapedTo(t, picked, shape)];
};

const tile: Rule = (t) => {
  const x = t.value(0);
  return [
    t.ints(1).reduce((value, times, axis) => {
      if (times < 1 || times > 4096) throw new Untranslatable('it repeats very often');
      return times === 1 ? value : t.op('Concat', new Array<Value>(times).fill(value), { axis });
    }, x),
  ];
};

export const layout: Readonly<Record<string, Rule>> = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Expand: expand,
  Concat: concat,
  Split: split,
  Slice: slice,
  Gather: gather,
  Tile: tile,
};
