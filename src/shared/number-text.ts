/** Small grids of numbers as people type them, in the window and on the command line. */
import type { NumberGrid } from './contract/index.ts';

/**
 * Blanks or commas between numbers, a line end or ‘;’ between rows, an empty line or ‘|’ between planes:
 * '2 3 2' is one row, '1 2; 3 4' is 2×2, '1 2; 3 4 | 5 6; 7 8' is 2×2×2. Null where rows differ in
 * length or something is no number.
 */
export function parseNumbers(text: string): NumberGrid | null {
  const planes = text
    .split(/\||\n\s*\n/)
    .map((plane) =>
      plane
        .split(/[;\n]/)
        .map(words)
        .filter((row) => row.length > 0),
    )
    .filter((plane) => plane.length > 0);
  const values = planes.flat(2).map(Number);
  const [first] = planes;
  const width = first?.[0]?.length;
  if (!first || width === undefined || !values.every(Number.isFinite)) return null;
  const even = planes.every(
    (plane) => plane.length === first.length && plane.every((row) => row.length === width),
  );
  if (!even) return null;
  const sizes = [planes.length, first.length, width];
  // One plane is two dimensions, and one row of it is one.
  const shape = sizes.slice(planes.length > 1 ? 0 : first.length > 1 ? 1 : 2);
  return { shape, values };
}

function words(row: string): string[] {
  return row.split(/[\s,]+/).filter((word) => word !== '');
}

/** The rows of a grid; planes one below the other. */
export function rowsOf({ shape, values }: NumberGrid): number[][] {
  const width = shape.at(-1) ?? 1;
  return Array.from({ length: values.length / width }, (_, row) =>
    values.slice(row * width, (row + 1) * width),
  );
}
