/** Normalisations, written with means and products, which have gradients of their own. */
import { concrete, elements, sizeAt } from '../../graph/shape.ts';
import type { Value } from '../../graph/types.ts';
import { blend, normalizeByBatch } from '../../layers/batch-statistics.ts';
import { Untranslatable } from '../errors.ts';
import type { BatchStatistics } from '../types.ts';
import type { Rule, Translation } from './translation.ts';

/** With the file's own statistics, or with the batch's, where it is to learn so. */
const batchNormalization: Rule = (t) => {
  const values = [0, 1, 2, 3, 4].map((index) => t.value(index));
  if (t.batchStatistics?.of(t.node)) return [byBatch(t, t.batchStatistics)];
  return [t.op('BatchNormalization', values, { epsilon: t.int('epsilon', 1e-5) })];
};

/** Running statistics as PyTorch's: the variance that they take over is divided by the count less one. */
function byBatch(t: Translation, { update }: BatchStatistics): Value {
  const { b } = t;
  const [x, gamma, beta] = [t.value(0), t.value(1), t.value(2)];
  const epsilon = t.int('epsilon', 1e-5);
  const { output, mean, variance } = normalizeByBatch(b, x, { gamma, beta, epsilon });
  const count = elements(concrete(x.shape)) / sizeAt(x.shape, 1);
  const unbiased = b.op('Mul', [variance, b.scalar(count / Math.max(1, count - 1))]);
  const momentum = t.int('momentum', 0.9);
  const [, , , meanName = '', varianceName = ''] = t.node.inputs;
  update(meanName, blend(b, t.value(3), mean, momentum));
  update(varianceName, blend(b, t.value(4), unbiased, momentum));
  return output;
}

/** (x − μ) / √(σ² + ε) over `axes`. */
function normalized(t: Translation, x: Value, axes: readonly number[]): Value {
  const over = t.b.ints(axes);
  const centred = t.op('Sub', [x, t.op('ReduceMean', [x, over], { keepdims: 1 })]);
  const square = t.op('Mul', [centred, centred]);
  const variance = t.op('ReduceMean', [square, over], { keepdims: 1 });
  const shifted = t.op('Add', [variance, t.scalar(t.int('epsilon', 1e-5))]);
  return t.op('Div', [centred, t.op('Sqrt', [shifted])]);
}

const layerNormalization: Rule = (t) => {
  const x = t.value(0);
  const rank = x.shape.length;
  const [first = 0] = t.axes([t.int('axis', -1)], rank);
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis >= first);
  const scaled = t.op('Mul', [normalized(t, x, axes), t.value(1)]);
  return [t.has(2) ? t.op('Add', [scaled, t.value(2)]) : scaled];
};

/** Scale and shift of each channel. */
function perChannel(t: Translation, x: Value, rank: number): Value {
  const beside = (index: number) =>
    t.b.reshape(t.value(index), [1, -1, ...new Array<number>(rank - 2).fill(1)]);
  return t.op('Add', [t.op('Mul', [x, beside(1)]), beside(2)]);
}

const instanceNormalization: Rule = (t) => {
  const x = t.value(0);
  const axes = x.shape.map((_, axis) => axis).slice(2);
  return [perChannel(t, normalized(t, x, axes), x.shape.length)];
};

const groupNormalization: Rule = (t) => {
  const x = t.value(0);
  if (t.opset < 21) throw new Untranslatable('before opset 21 it was defined in another way');
  const [channels, ...sizes] = x.shape.slice(1).map((_, axis) => sizeAt(x.shape, axis + 1));
  if (channels === undefined) throw new Untranslatable('it has no channels');
  const groups = t.int('num_groups', 1);
  const apart = t.b.reshape(x, [
    -1,
    groups,
    (channels / groups) * sizes.reduce((a, b) => a * b, 1),
  ]);
  const whole = t.b.reshape(normalized(t, apart, [2]), [-1, channels, ...sizes]);
  return [perChannel(t, whole, x.shape.length)];
};

export const normalization: Readonly<Record<string, Rule>> = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
};
