/** Operators on numbers that are known while the graph is built: mostly arithmetic on shapes. */
import { broadcast, concrete } from '../../graph/shape.ts';
import type { Dim, DType } from '../../graph/types.ts';
import { multiply, plain } from '../dims.ts';
import { Untranslatable } from '../errors.ts';
import { bearable, isKnown, known, type Known } from '../operands.ts';
import { typeOf } from '../tensors.ts';
import { arithmeticFolds, spread } from './known-arithmetic.ts';
import { input, type Fold } from './known-fold.ts';
import { layoutFolds } from './known-layout.ts';
import type { Translation } from './translation.ts';

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
  ...arithmeticFolds,
  ...layoutFolds,
  Identity: (_t, inputs) => [input(inputs, 0)],
  Cast: cast,
  ConstantOfShape: filled,
  Range: range,
  Expand: expand,
  Where: where,
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
