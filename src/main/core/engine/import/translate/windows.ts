/** Convolutions and pools: windows that slide over pictures. */
import { sizeAt } from '../../graph/shape.ts';
import type { Value } from '../../graph/types.ts';
import { windowOutput } from '../../ops/helpers.ts';
import { Untranslatable } from '../errors.ts';
import { imageSize, type Rule, type Translation } from './translation.ts';

type Pair = readonly [number, number];

interface Sliding {
  kernel: Pair;
  strides: Pair;
  dilations: Pair;
  /** [top, left, bottom, right] */
  pads: [number, number, number, number];
}

function pair(list: readonly number[] | null, fallback: Pair | null, what: string): Pair {
  if (!list && fallback) return fallback;
  const [first, second] = list ?? [];
  if (list?.length !== 2 || first === undefined || second === undefined) {
    throw new Untranslatable(`its ${what} are not for pictures`);
  }
  return [first, second];
}

/** With `auto_pad` worked out for this size of picture. */
function slidingOf(t: Translation, x: Value, kernelOf: Pair | null): Sliding {
  const kernel = pair(t.list('kernel_shape'), kernelOf, 'windows');
  const strides = pair(t.list('strides'), [1, 1], 'strides');
  const dilations = pair(t.list('dilations'), [1, 1], 'dilations');
  const sizes = [...kernel, ...strides, ...dilations];
  if (sizes.some((size) => !Number.isInteger(size) || size < 1 || size > 4096)) {
    throw new Untranslatable('its window is of an impossible size');
  }
  const given = t.list('pads') ?? [0, 0, 0, 0];
  const [top = 0, left = 0, bottom = 0, right = 0] = given;
  const pads: Sliding['pads'] = [top, left, bottom, right];
  if (given.length !== 4 || pads.some((pad) => !Number.isInteger(pad) || pad < 0 || pad > 4096)) {
    throw new Untranslatable('its padding is impossible');
  }
  const automatic = t.text('auto_pad', 'NOTSET');
  if (automatic === 'SAME_UPPER' || automatic === 'SAME_LOWER') {
    for (const [axis, size] of imageSize(x).entries()) {
      const at = axis as 0 | 1;
      const reach = (kernel[at] - 1) * dilations[at] + 1;
      const out = Math.ceil(size / strides[at]);
      const total = Math.max(0, (out - 1) * strides[at] + reach - size);
      const less = Math.floor(total / 2);
      pads[at] = automatic === 'SAME_UPPER' ? less : total - less;
      pads[at === 0 ? 2 : 3] = total - pads[at];
    }
  }
  return { kernel, strides, dilations, pads };
}

/** Only what is not the default, so that graphs read well. */
function attributesOf({ kernel, strides, dilations, pads }: Sliding) {
  return {
    kernel_shape: kernel,
    strides,
    pads,
    ...(dilations.some((step) => step > 1) ? { dilations } : {}),
  };
}

function withBias(t: Translation, x: Value, weight: Value): (Value | null)[] {
  return t.has(2) ? [x, weight, t.value(2)] : [x, weight];
}

const conv: Rule = (t) => {
  const x = t.value(0);
  const weight = t.value(1);
  const sliding = slidingOf(t, x, [sizeAt(weight.shape, 2), sizeAt(weight.shape, 3)]);
  const group = t.int('group', 1);
  if (!(group >= 1) || sizeAt(weight.shape, 0) % group !== 0) {
    throw new Untranslatable('its groups do not fit its filters');
  }
  const attributes = { ...attributesOf(sliding), ...(group > 1 ? { group } : {}) };
  return [t.op('Conv', withBias(t, x, weight), attributes)];
};

const convTranspose: Rule = (t) => {
  const x = t.value(0);
  const weight = t.value(1);
  if (t.list('output_shape') || t.text('auto_pad', 'NOTSET').startsWith('SAME')) {
    throw new Untranslatable('it says its output’s size instead of its padding');
  }
  const sliding = slidingOf(t, x, [sizeAt(weight.shape, 2), sizeAt(weight.shape, 3)]);
  return [
    t.op('ConvTranspose', withBias(t, x, weight), {
      ...attributesOf(sliding),
      group: t.int('group', 1),
      output_padding: pair(t.list('output_padding'), [0, 0], 'output paddings'),
    }),
  ];
};

/** `ceil_mode` as padding at the far edge that no window would otherwise reach. */
function reachingOver(t: Translation, x: Value, sliding: Sliding): Sliding {
  if (t.int('ceil_mode', 0) === 0) return sliding;
  const { kernel, strides, pads } = sliding;
  const reached = [...pads] as Sliding['pads'];
  for (const [axis, size] of imageSize(x).entries()) {
    const at = axis as 0 | 1;
    const end = at === 0 ? 2 : 3;
    const padded = size + pads[at] + pads[end];
    let out = Math.ceil((padded - kernel[at]) / strides[at]) + 1;
    // A window may not begin beyond the picture and its first padding.
    if ((out - 1) * strides[at] >= size + pads[at]) out--;
    const floor = windowOutput(size, kernel[at], strides[at], pads[at] + pads[end], 1);
    if (out > floor) reached[end] += (out - 1) * strides[at] + kernel[at] - padded;
  }
  return { ...sliding, pads: reached };
}

function poolOf(t: Translation): Sliding {
  const sliding = slidingOf(t, t.value(0), null);
  if (sliding.dilations.some((step) => step !== 1)) {
    throw new Untranslatable('its windows have holes');
  }
  return reachingOver(t, t.value(0), sliding);
}

const maxPool: Rule = (t) => {
  if (t.node.outputs[1]) throw new Untranslatable('it gives out places');
  return [t.op('MaxPool', [t.value(0)], attributesOf(poolOf(t)))];
};

const averagePool: Rule = (t) => {
  const x = t.value(0);
  const sliding = poolOf(t);
  const padded = sliding.pads.some((pad) => pad > 0);
  if (!padded || t.int('count_include_pad', 0) === 0) {
    return [t.op('AveragePool', [x], attributesOf(sliding))];
  }
  if (t.int('ceil_mode', 0) !== 0) {
    throw new Untranslatable('it counts some of its padding and some not');
  }
  const [top, left, bottom, right] = sliding.pads;
  const wide = t.op('Pad', [x, t.b.ints([0, 0, top, left, 0, 0, bottom, right])]);
  return [t.op('AveragePool', [wide], attributesOf({ ...sliding, pads: [0, 0, 0, 0] }))];
};

const globalMaxPool: Rule = (t) => [
  t.op('ReduceMax', [t.value(0), t.b.ints([2, 3])], { keepdims: 1 }),
];

/** Each number over the mean square of those in its place in the channels around it. */
const localResponse: Rule = (t) => {
  const x = t.value(0);
  const [height, width] = imageSize(x);
  const channels = sizeAt(x.shape, 1);
  const size = t.int('size', 1);
  const before = Math.floor((size - 1) / 2);
  // Channels as the rows of one picture: the sum over some of them is a pool.
  const rows = t.b.reshape(t.op('Mul', [x, x]), [-1, 1, channels, height * width]);
  const wide = t.op('Pad', [rows, t.b.ints([0, 0, before, 0, 0, 0, size - 1 - before, 0])]);
  const mean = t.op('AveragePool', [wide], { kernel_shape: [size, 1], strides: [1, 1] });
  const around = t.b.reshape(mean, [-1, channels, height, width]);
  const scaled = t.op('Mul', [around, t.scalar(t.int('alpha', 1e-4))]);
  const base = t.op('Add', [scaled, t.scalar(t.int('bias', 1))]);
  return [t.op('Div', [x, t.op('Pow', [base, t.scalar(t.int('beta', 0.75))])])];
};

const pad: Rule = (t) => {
  const x = t.value(0);
  const mode = t.text('mode', 'constant');
  const pads = t.listOrInput(t.opset < 2 ? 'paddings' : 'pads', 1) ?? [];
  const value = t.opset < 11 ? t.int('value', 0) : t.number(2, 0);
  const rank = x.shape.length;
  const axes = t.has(3) ? t.ints(3).map((axis) => (axis + rank) % rank) : x.shape.map((_, a) => a);
  if (pads.every((size) => size === 0)) return [x];
  if (mode !== 'constant' || value !== 0) throw new Untranslatable('it pads with other than zeros');
  const all = new Array<number>(2 * rank).fill(0);
  for (const [index, axis] of axes.entries()) {
    all[axis] = pads[index] ?? 0;
    all[axis + rank] = pads[index + axes.length] ?? 0;
  }
  if (all.some((size) => size < 0 || size > 4096))
    throw new Untranslatable('it cuts off by padding');
  return [t.op('Pad', [x, t.b.ints(all)])];
};

const resize: Rule = (t) => {
  const x = t.value(0);
  const [height, width] = imageSize(x);
  const upsample = t.node.op === 'Upsample';
  const scalesAt = upsample || t.opset < 11 ? 1 : 2;
  const listed = upsample && t.opset < 9 ? t.list('scales') : null;
  const sizes = !upsample && t.has(3) ? t.ints(3) : null;
  const scales = listed ?? (sizes ? null : t.dims(scalesAt).map(Number));
  const [to, by] = [sizes?.slice(-2), scales?.slice(-2)];
  const target = [height, width].map(
    (size, axis) => to?.[axis] ?? Math.floor(size * (by?.[axis] ?? 1)),
  );
  const mode = t.text('mode', 'nearest');
  const places = t.text('coordinate_transformation_mode', 'half_pixel');
  if (target.some((size) => !(size >= 1 && size <= 8192))) {
    throw new Untranslatable('it makes an impossible size');
  }
  if (target[0] === height && target[1] === width) return [x];
  const times = target.map((size, axis) => size / (axis === 0 ? height : width));
  if (mode === 'nearest' && times.every((factor) => Number.isInteger(factor))) {
    return [repeated(t, x, times)];
  }
  if (mode !== 'linear' || !['half_pixel', 'pytorch_half_pixel'].includes(places)) {
    throw new Untranslatable(`it resizes by ${mode}, ${places}`);
  }
  return [
    t.op('Resize', [x, null, null, t.b.ints(target)], {
      mode: 'linear',
      coordinate_transformation_mode: 'half_pixel',
      axes: [2, 3],
    }),
  ];
};

/** Each pixel several times, down and across. */
function repeated(t: Translation, x: Value, [down = 1, across = 1]: readonly number[]): Value {
  const [height, width] = imageSize(x);
  const channels = sizeAt(x.shape, 1);
  const apart = t.b.reshape(x, [-1, channels * height, 1, width, 1]);
  const many = t.op('Expand', [apart, t.b.ints([1, 1, down, 1, across])]);
  return t.b.reshape(many, [-1, channels, height * down, width * across]);
}

/** Blocks of pixels as channels. */
const spaceToDepth: Rule = (t) => {
  const x = t.value(0);
  const [height, width] = imageSize(x);
  const channels = sizeAt(x.shape, 1);
  const block = t.int('blocksize', 1);
  const [rows, columns] = [height / block, width / block];
  const apart = t.b.reshape(x, [-1, channels, rows, block, columns, block]);
  const turned = t.b.transpose(apart, [0, 3, 5, 1, 2, 4]);
  return [t.b.reshape(turned, [-1, channels * block * block, rows, columns])];
};

const depthToSpace: Rule = (t) => {
  const x = t.value(0);
  const [height, width] = imageSize(x);
  const block = t.int('blocksize', 1);
  const channels = sizeAt(x.shape, 1) / block ** 2;
  const columnFirst = t.text('mode', 'DCR') === 'CRD';
  const parts = columnFirst ? [channels, block, block] : [block, block, channels];
  const apart = t.b.reshape(x, [-1, ...parts, height, width]);
  const turned = t.b.transpose(apart, columnFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]);
  return [t.b.reshape(turned, [-1, channels, height * block, width * block])];
};

export const windows: Readonly<Record<string, Rule>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: (t) => [t.op('GlobalAveragePool', [t.value(0)])],
  GlobalMaxPool: globalMaxPool,
  LRN: localResponse,
  Pad: pad,
  Resize: resize,
  Upsample: resize,
  SpaceToDepth: spaceToDepth,
  DepthToSpace: depthToSpace,
};
