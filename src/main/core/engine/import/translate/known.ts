/** Operators on numbers that are known while the graph is built: mostly arithmetic on shapes. */
import { broadcast, concrete, elements, normalizeAxis } from '../../graph/shape.ts';
import type { Dim, DType } from '../../graph/types.ts';
import { divide, multiply, plain } from '../dims.ts';
import { Untranslatable } from '../errors.ts';
import { bearable, clamped, isKnown, known, type Known } from '../operands.ts';
import { typeOf } from '../tensors.ts';
import type { Translation } from './translation.ts';

type Fold = (t: Translation, inputs: readonly (Known | null)[]) => Known[];

const isFloat = ({ dtype }: Known) => dtype === 'float32';

function input(inputs: readonly (Known | null)[], index: number): Known {
  const operand = inputs[index];
  if (!operand) throw new Untranslatable(`its input ${index + 1} is missing`);
  return operand;
}

/** For each place of an array of `dims`, the place in one of `from` that is broadcast to it. */
function* places(dims: readonly number[], from: readonly number[]): Generator<number> {
  const count = bearable(dims);
  const lead = dims.length - from.length;
  for (let index = 0; index < count; index++) {
    let [rest, at, stride] = [index, 0, 1];
    for (let axis = dims.length - 1; axis >= lead; axis--) {
      const size = dims[axis] ?? 1;
      const own = from[axis - lead] ?? 1;
      if (own !== 1) at += (rest % size) * stride;
      stride *= own;
      rest = Math.floor(rest / size);
    }
    yield at;
  }
}

function spread(operand: Known, dims: readonly number[]): Dim[] {
  return Array.from(places(dims, operand.dims), (at) => operand.data[at] ?? 0);
}

function pairwise(of: (a: Dim, b: Dim, floats: boolean) => Dim, truths = false): Fold {
  return (_t, inputs) => {
    const [left, right] = [input(inputs, 0), input(inputs, 1)];
    const dims = concrete(broadcast(left.dims, right.dims));
    const rights = spread(right, dims);
    const data = spread(left, dims).map((a, index) => of(a, rights[index] ?? 0, isFloat(left)));
    return [known(truths ? 'bool' : left.dtype, dims, data)];
  };
}

/** For operators that have no answer where a size is known by name only. */
function onNumbers(of: (a: number, b: number, floats: boolean) => number, truths = false): Fold {
  return pairwise((a, b, floats) => of(plain(a), plain(b), floats), truths);
}

function each(of: (value: number) => number, dtype?: DType): Fold {
  return (_t, inputs) => {
    const x = input(inputs, 0);
    return [
      known(
        dtype ?? x.dtype,
        x.dims,
        Array.from(x.data, (value) => of(plain(value))),
      ),
    ];
  };
}

/** a + 0 = a, whatever a is. */
const add = pairwise((a, b) => (b === 0 ? a : a === 0 ? b : plain(a) + plain(b)));
const subtract = pairwise((a, b) => (b === 0 ? a : a === b ? 0 : plain(a) - plain(b)));

const modulo = pairwise((a, b) => {
  const by = plain(b);
  // A multiple of it leaves nothing.
  if (typeof a === 'string' && divide(a, by, true)) return 0;
  const rest = plain(a) % by;
  return rest !== 0 && rest < 0 !== by < 0 ? rest + by : rest;
});

function reshapeTo(x: Known, target: readonly number[]): Known {
  const count = x.data.length;
  const shape = target.map((size, axis) => (size === 0 ? (x.dims[axis] ?? 0) : size));
  const rest = elements(shape.filter((size) => size !== -1));
  const dims = shape.map((size) => (size === -1 ? count / rest : size));
  if (elements(dims) !== count) throw new Untranslatable('its shape does not fit');
  return known(x.dtype, dims, x.data);
}

/** Of some of the places along one axis, in order. */
function taken(x: Known, axis: number, indices: readonly number[]): Known {
  const at = normalizeAxis(axis, x.dims.length);
  const length = x.dims[at] ?? 1;
  const inner = elements(x.dims.slice(at + 1));
  const outer = elements(x.dims.slice(0, at));
  const dims = x.dims.with(at, indices.length);
  const data = new Array<Dim>(bearable(dims));
  let next = 0;
  for (let block = 0; block < outer; block++) {
    for (const index of indices) {
      const from = index < 0 ? index + length : index;
      if (!(from >= 0 && from < length)) throw new Untranslatable('it picks what is not there');
      const start = (block * length + from) * inner;
      for (let offset = 0; offset < inner; offset++) data[next++] = x.data[start + offset] ?? 0;
    }
  }
  return known(x.dtype, dims, data);
}

function stretch(length: number, from: number, to: number, step: number): number[] {
  if (step === 0) throw new Untranslatable('its step is 0');
  const inside = (index: number, most: number) =>
    Math.max(step > 0 ? 0 : -1, Math.min(index < 0 ? index + length : index, most));
  const start = inside(from, step > 0 ? length : length - 1);
  const end = inside(to, length);
  const count = Math.max(0, Math.ceil((end - start) / step));
  return Array.from({ length: count }, (_, index) => start + index * step);
}

const slice: Fold = (t, inputs) => {
  const old = t.opset < 10;
  const starts = old ? (t.list('starts') ?? []) : t.ints(1);
  const ends = old ? (t.list('ends') ?? []) : t.ints(2);
  const axes = (old ? t.list('axes') : t.has(3) ? t.ints(3) : null) ?? starts.map((_, a) => a);
  return [
    axes.reduce(
      (x, axis, index) => {
        const length = x.dims.at(axis) ?? 1;
        const step = !old && t.has(4) ? (t.ints(4)[index] ?? 1) : 1;
        const [from, to] = [clamped(starts[index] ?? 0), clamped(ends[index] ?? 0)];
        return taken(x, axis, stretch(length, from, to, step));
      },
      input(inputs, 0),
    ),
  ];
};

const gather: Fold = (t, inputs) => {
  const x = input(inputs, 0);
  const picked = input(inputs, 1);
  const axis = normalizeAxis(t.int('axis', 0), x.dims.length);
  const flat = taken(x, axis, t.ints(1));
  const dims = [...x.dims];
  dims.splice(axis, 1, ...picked.dims);
  return [known(x.dtype, dims, flat.data)];
};

const concat: Fold = (t, inputs) => {
  const parts = inputs.map((_, index) => input(inputs, index));
  const [first] = parts;
  if (!first) throw new Untranslatable('it joins nothing');
  const axis = normalizeAxis(t.int('axis', 0), first.dims.length);
  if (axis !== 0) throw new Untranslatable('it joins tables of numbers');
  const total = parts.reduce((sum, { dims }) => sum + (dims[0] ?? 1), 0);
  return [
    known(
      first.dtype,
      first.dims.with(0, total),
      parts.flatMap(({ data }) => Array.from(data)),
    ),
  ];
};

const split: Fold = (t, inputs) => {
  const x = input(inputs, 0);
  const axis = normalizeAxis(t.int('axis', 0), x.dims.length);
  const length = x.dims[axis] ?? 1;
  const count = t.node.outputs.length;
  const even = Array.from({ length: count }, () => Math.ceil(length / count));
  const sizes = t.listOrInput('split', 1) ?? even;
  let from = 0;
  return sizes.map((size) => {
    const part = taken(x, axis, stretch(length, from, Math.min(from + size, length), 1));
    from += size;
    return part;
  });
};

const squeeze: Fold = (t, inputs) => {
  const x = input(inputs, 0);
  const given = t.listOrInput('axes', 1);
  const axes = given ? t.axes(given, x.dims.length) : null;
  const dims = x.dims.filter((size, axis) => (axes ? !axes.includes(axis) : size !== 1));
  return [known(x.dtype, dims, x.data)];
};

const unsqueeze: Fold = (t, inputs) => {
  const x = input(inputs, 0);
  const given = t.listOrInput('axes', 1) ?? [];
  const dims = [...x.dims];
  for (const axis of t.axes(given, x.dims.length + given.length)) dims.splice(axis, 0, 1);
  return [known(x.dtype, dims, x.data)];
};

const transpose: Fold = (t, inputs) => {
  const x = input(inputs, 0);
  const perm = t.list('perm') ?? x.dims.map((_, axis) => axis).reverse();
  const dims = perm.map((axis) => x.dims[axis] ?? 1);
  const count = bearable(dims);
  const strides = x.dims.map((_, axis) => elements(x.dims.slice(axis + 1)));
  const data = Array.from({ length: count }, (_, index) => {
    let [rest, at] = [index, 0];
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      at += (rest % (dims[axis] ?? 1)) * (strides[perm[axis] ?? 0] ?? 0);
      rest = Math.floor(rest / (dims[axis] ?? 1));
    }
    return x.data[at] ?? 0;
  });
  return [known(x.dtype, dims, data)];
};

/** Over all of a list. */
function folded(join: (a: Dim, b: Dim) => Dim): Fold {
  return (t, inputs) => {
    const x = input(inputs, 0);
    const axes = t.listOrInput('axes', 1);
    if (x.dims.length > 1 && axes && axes.length < x.dims.length) {
      throw new Untranslatable('it reduces a table of numbers');
    }
    const dims = t.int('keepdims', 1) ? x.dims.map(() => 1) : [];
    return [known(x.dtype, dims, [Array.from(x.data).reduce(join)])];
  };
}

const filled: Fold = (t, inputs) => {
  const dims = Array.from(input(inputs, 0).data, plain);
  const value = t.node.attributes['value'];
  const one = typeof value === 'object' && 'dims' in value ? value : null;
  const number = one?.data[0] ?? 0;
  const count = bearable(dims);
  return [known(one?.dtype ?? 'float32', dims, new Array<number>(count).fill(number))];
};

const range: Fold = (_t, inputs) => {
  const [from, to, step] = [0, 1, 2].map((index) => plain(input(inputs, index).data[0]));
  const count = Math.max(0, Math.ceil(((to ?? 0) - (from ?? 0)) / (step || 1)));
  const dims = [count];
  bearable(dims);
  const data = Array.from({ length: count }, (_, index) => (from ?? 0) + index * (step ?? 1));
  return [known(input(inputs, 0).dtype, dims, data)];
};

const cast: Fold = (t, inputs) => {
  const to = typeOf(t.int('to', 0));
  if (!to) throw new Untranslatable('it makes a type that is not supported');
  return [castTo(input(inputs, 0), to)];
};

function castTo(x: Known, to: DType): Known {
  const whole = to !== 'float32';
  const number = (value: number) => (to === 'bool' ? Number(value !== 0) : Math.trunc(value));
  const data = Array.from(x.data, (value) =>
    whole && typeof value === 'number' ? number(value) : value,
  );
  return known(to, x.dims, data);
}

const where: Fold = (_t, inputs) => {
  const [condition, yes, no] = [input(inputs, 0), input(inputs, 1), input(inputs, 2)];
  const dims = concrete(broadcast(condition.dims, broadcast(yes.dims, no.dims)));
  const [yeses, noes] = [spread(yes, dims), spread(no, dims)];
  const data = spread(condition, dims).map((truth, at) => (truth ? yeses[at] : noes[at]) ?? 0);
  return [known(yes.dtype, dims, data)];
};

const expand: Fold = (t, inputs) => {
  const x = input(inputs, 0);
  const dims = concrete(broadcast(x.dims, t.ints(1)));
  return [known(x.dtype, dims, spread(x, dims))];
};

const folds: Readonly<Record<string, Fold>> = {
  Identity: (_t, inputs) => [input(inputs, 0)],
  Cast: cast,
  ConstantOfShape: filled,
  Range: range,
  Gather: gather,
  Slice: slice,
  Concat: concat,
  Split: split,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Reshape: (t, inputs) => [reshapeTo(input(inputs, 0), t.ints(1))],
  Flatten: (t, inputs) => {
    const x = input(inputs, 0);
    const axis = t.int('axis', 1);
    return [reshapeTo(x, [elements(x.dims.slice(0, axis)), elements(x.dims.slice(axis))])];
  },
  Transpose: transpose,
  Expand: expand,
  Where: where,
  Add: add,
  Sub: subtract,
  Mul: pairwise(multiply),
  Div: pairwise((a, b, floats) => divide(a, b, !floats)),
  Mod: modulo,
  Pow: onNumbers((a, b) => a ** b),
  Min: onNumbers((a, b) => Math.min(a, b)),
  Max: onNumbers((a, b) => Math.max(a, b)),
  Equal: pairwise((a, b) => Number(a === b), true),
  Greater: onNumbers((a, b) => Number(a > b), true),
  GreaterOrEqual: onNumbers((a, b) => Number(a >= b), true),
  Less: onNumbers((a, b) => Number(a < b), true),
  LessOrEqual: onNumbers((a, b) => Number(a <= b), true),
  And: onNumbers((a, b) => a * b, true),
  Or: onNumbers((a, b) => Math.max(a, b), true),
  Not: each((a) => 1 - a, 'bool'),
  Neg: each((a) => -a),
  Abs: each(Math.abs),
  Sqrt: each(Math.sqrt),
  Exp: each(Math.exp),
  Log: each(Math.log),
  Floor: each(Math.floor),
  Ceil: each(Math.ceil),
  Reciprocal: each((a) => 1 / a),
  ReduceProd: folded(multiply),
  ReduceSum: folded((a, b) => (a === 0 ? b : b === 0 ? a : plain(a) + plain(b))),
  ReduceMax: folded((a, b) => Math.max(plain(a), plain(b))),
  ReduceMin: folded((a, b) => Math.min(plain(a), plain(b))),
};

/** A node's outputs where they do not depend on images or weights; null where they do. */
export function fold(t: Translation): Known[] | null {
  const { op, attributes } = t.node;
  if (op === 'CastLike' && t.operands[0] && t.operands[1] && isKnown(t.operands[0])) {
    return [castTo(t.operands[0], t.operands[1].dtype)];
  }
  if (op === 'Shape' || op === 'Size') {
    const operand = t.operands[0];
    if (!operand) return null;
    const shape: readonly Dim[] = isKnown(operand) ? operand.dims : operand.shape;
    if (op === 'Size') return [known('int64', [], [shape.reduce(multiply, 1)])];
    const part = shape.slice(
      typeof attributes['start'] === 'number' ? attributes['start'] : 0,
      typeof attributes['end'] === 'number' ? attributes['end'] : undefined,
    );
    return [known('int64', [part.length], part)];
  }
  const inputs: (Known | null)[] = [];
  for (const operand of t.operands) {
    if (operand && !isKnown(operand)) return null;
    inputs.push(operand);
  }
  const rule = folds[op];
  return rule && inputs.length > 0 ? rule(t, inputs) : null;
}
