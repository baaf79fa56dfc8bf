/** Which pixels of the picture a place of a feature map comes from. */
import type { LayerSpec } from '#shared/model-spec.ts';
import type { ResolvedLayer, ResolvedModel } from '../layers/resolve.ts';
import { padsOf, reachOf, type Pair } from '../layers/window.ts';

/** Along one axis: place i of the map sees `size` pixels from `start` + i · `step` on. */
export interface Axis {
  start: number;
  step: number;
  size: number;
}

export type Field = readonly [rows: Axis, columns: Axis];

export interface Box {
  top: number;
  left: number;
  height: number;
  width: number;
}

export const whole: Axis = { start: 0, step: 1, size: 1 };

/** What each place of `name`’s output sees; gates that see whole maps are left out. */
export function receptiveField(model: ResolvedModel, name: string): Field {
  const found = walk(model.layers, [whole, whole], name);
  if (!found.at) throw new RangeError(`no layer ${name}`);
  return found.at;
}

/** Pixels that one place sees, cut at the picture's edges. */
export function boxAt(
  [rows, columns]: Field,
  row: number,
  column: number,
  { height, width }: { height: number; width: number },
): Box {
  const [top, bottom] = along(rows, row, height);
  const [left, right] = along(columns, column, width);
  return { top, left, height: bottom - top, width: right - left };
}

function along({ start, step, size }: Axis, place: number, length: number): [number, number] {
  const from = Math.floor(start + place * step);
  const clip = (at: number) => Math.min(length, Math.max(0, at));
  return [clip(from), clip(Math.ceil(from + size))];
}

function walk(
  layers: readonly ResolvedLayer[],
  start: Field,
  name: string,
): { at?: Field; end: Field } {
  let field = start;
  for (const layer of layers) {
    const before = field;
    const parts = layer.parts.map((part) => walk(part, before, name));
    const inside = parts.find(({ at }) => at)?.at ?? innerField(layer, name);
    if (inside) return { at: inside, end: field };
    field = parts.length > 0 ? union(parts.map(({ end }) => end)) : through(layer, field);
    if (layer.name === name) return { at: field, end: field };
  }
  return { end: field };
}

/** Of a value inside of a pretrained network; of one that sees everything, all of it. */
function innerField(
  { name: inside, place, inner }: ResolvedLayer,
  name: string,
): Field | undefined {
  const value = inner().find((each) => `${inside}/${each.name}` === name);
  const all = (size = 1): Axis => ({ start: 0, step: 0, size });
  return value && (value.field ?? [all(place.input[0]), all(place.input[1])]);
}

/** Of what ends at the same size, so that steps are alike. */
export function union(fields: readonly Field[]): Field {
  const join = (axis: 0 | 1): Axis => {
    const axes = fields.map((field) => field[axis]);
    const start = Math.min(...axes.map((each) => each.start));
    const end = Math.max(...axes.map((each) => each.start + each.size));
    return { start, step: axes[0]?.step ?? 1, size: end - start };
  };
  return [join(0), join(1)];
}

/** How a layer's window moves along an axis of its input. */
export interface Sliding {
  reach: number;
  stride: number;
  before: number;
}

function through({ spec, place, inner }: ResolvedLayer, field: Field): Field {
  // A pretrained network stands first: what its end sees, it sees of the picture.
  if (spec.type === 'backbone')
    return inner().find(({ name }) => name === spec.cut)?.field ?? field;
  const [height = 1, width = 1] = place.input;
  const slidings = slidingsOf(spec, [height, width]);
  return slidings ? slide(field, slidings) : field;
}

/** What places of a window's output see, where those of its input see `field`. */
export function slide(field: Field, slidings: readonly [Sliding, Sliding]): Field {
  const move = ({ start, step, size }: Axis, { reach, stride, before }: Sliding): Axis => ({
    start: start - before * step,
    step: step * stride,
    size: size + (reach - 1) * step,
  });
  return [move(field[0], slidings[0]), move(field[1], slidings[1])];
}

/** Null for layers that keep their places. */
function slidingsOf(spec: LayerSpec, size: Pair): [Sliding, Sliding] | null {
  switch (spec.type) {
    case 'conv2d':
    case 'depthwiseconv2d':
    case 'separableconv2d': {
      const { kernel, strides = [1, 1], padding = 'valid', dilation = [1, 1] } = spec;
      const reach = reachOf(kernel, dilation);
      return slidings(reach, strides, padsOf(padding, size, reach, strides));
    }
    case 'maxpool2d':
    case 'averagepool2d': {
      const { size: window, strides = window, padding = 'valid' } = spec;
      return slidings(window, strides, padsOf(padding, size, window, strides));
    }
    case 'zeropadding2d': {
      const [[top], [left]] = spec.padding;
      return slidings([1, 1], [1, 1], [top, left]);
    }
    case 'upsampling2d':
      return slidings([1, 1], [1 / spec.size[0], 1 / spec.size[1]], [0, 0]);
    case 'conv2dtranspose': {
      const { kernel, strides = [1, 1], padding = 'valid' } = spec;
      const axis = (at: 0 | 1): Sliding => {
        const cut = padding === 'same' ? Math.floor(Math.max(kernel[at] - strides[at], 0) / 2) : 0;
        // Place i takes from inputs (i + cut − kernel + 1) / stride to (i + cut) / stride.
        const before = (kernel[at] - 1 - cut) / strides[at];
        return { reach: Math.ceil(kernel[at] / strides[at]), stride: 1 / strides[at], before };
      };
      return [axis(0), axis(1)];
    }
    default:
      return null;
  }
}

function slidings(reach: Pair, strides: Pair, pads: readonly number[]): [Sliding, Sliding] {
  const [top = 0, left = 0] = pads;
  return [
    { reach: reach[0], stride: strides[0], before: top },
    { reach: reach[1], stride: strides[1], before: left },
  ];
}
