/** Putting numbers that are known while the graph is built into another order or shape. */
import { elements, normalizeAxis } from '../../graph/shape.ts';
import type { Dim } from '../../graph/types.ts';
import { Untranslatable } from '../errors.ts';
import { bearable, clamped, known, type Known } from '../operands.ts';
import { input, type Fold } from './known-fold.ts';

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

export const layoutFolds: Readonly<Record<string, Fold>> = {
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
};
