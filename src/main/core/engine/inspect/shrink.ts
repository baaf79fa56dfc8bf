import { transposed } from '../floats.ts';

interface Size {
  height: number;
  width: number;
}

/** A smaller picture whose pixels are means of what they cover. */
export function shrink(values: Float32Array, from: Size, to: Size): Float32Array {
  if (from.height === to.height && from.width === to.width) return values;
  const columns = alongRows(values, from.height, from.width, to.width);
  const turned = alongRows(transposed(columns, to.width), to.width, from.height, to.height);
  return transposed(turned, to.height);
}

function alongRows(
  values: Float32Array,
  rows: number,
  width: number,
  target: number,
): Float32Array {
  const step = width / target;
  const result = new Float32Array(rows * target);
  for (let column = 0; column < target; column++) {
    const start = column * step;
    const end = Math.min(width, start + step);
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let at = Math.floor(start); at < end; at++) {
        const covered = Math.min(at + 1, end) - Math.max(at, start);
        sum += values[row * width + at]! * covered;
      }
      result[row * target + column] = sum / step;
    }
  }
  return result;
}
