/** Arithmetic on numbers that are known while the graph is built. */
import { broadcast, concrete } from '../../graph/shape.ts';
import type { Dim, DType } from '../../graph/types.ts';
import { divide, multiply, plain } from '../dims.ts';
import { Untranslatable } from '../errors.ts';
import { bearable, known, type Known } from '../operands.ts';
import { input, type Fold } from './known-fold.ts';

const isFloat = ({ dtype }: Known) => dtype === 'float32';

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

export function spread(operand: Known, dims: readonly number[]): Dim[] {
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

export const arithmeticFolds: Readonly<Record<string, Fold>> = {
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
