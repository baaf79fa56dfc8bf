/** Geometry and colours of a confusion matrix; no DOM here. */

export interface Cell {
  /** Index of the true class. */
  row: number;
  /** Index of the predicted class. */
  column: number;
}

export interface MatrixLayout {
  classes: number;
  /** Edge of a cell, CSS pixels; whole when it is large enough for lines between cells. */
  cell: number;
  /** Space between cells. */
  gap: number;
  /** Width of the row labels and height of the column labels. */
  left: number;
  top: number;
  /** Edge of the whole field of cells. */
  field: number;
  /** Every nth row, and every nth column, gets its name. */
  labelEvery: number;
  columnEvery: number;
  /** Whether numbers fit into cells. */
  numbers: boolean;
  /** Whether column names stand at a slant. */
  slanted: boolean;
}

const labelHeight = 14;
const cornerWidth = 84;
/** Two lines of words in the corner. */
const flatTop = 42;

/**
 * Fits a square matrix of `classes` into the given box.
 * @param nameWidth width of the longest name, CSS pixels
 * @param numberWidth width of the widest number, CSS pixels
 */
export function layoutMatrix(
  classes: number,
  width: number,
  height: number,
  nameWidth: number,
  numberWidth: number,
): MatrixLayout {
  const names = Math.min(nameWidth + 10, Math.max(40, width * 0.2));
  // Never narrower than the words in the corner.
  const left = Math.max(cornerWidth, Math.ceil(names));
  // Flat names above wide cells, else slanted ones, which need their own height.
  const flatCell = Math.min(width - left, height - flatTop) / classes;
  const slanted = nameWidth + 8 > flatCell;
  const top = slanted ? Math.ceil(Math.min(names, 120) * 0.72 + 12) : flatTop;
  // The last slanted name leans out to the right.
  const right = slanted ? Math.ceil(Math.min(names, 120) * 0.6) : 0;
  const room = Math.max(classes, Math.min(width - left - right, height - top));
  const exact = room / classes;
  const cell = exact >= 4 ? Math.min(Math.floor(exact), 120) : exact;
  return {
    classes,
    cell,
    gap: cell >= 12 ? 2 : cell >= 6 ? 1 : 0,
    left,
    top,
    field: cell * classes,
    labelEvery: every(labelHeight, cell),
    // At a slant, lines of text lie closer together than their starts.
    columnEvery: slanted ? every(labelHeight * Math.SQRT2, cell) : 1,
    numbers: cell >= 22 && numberWidth + 6 <= cell,
    slanted,
  };
}

/** How many cells of an edge one name takes. */
function every(room: number, cell: number): number {
  return Math.max(1, Math.ceil(room / cell));
}

/** The cell under a point, or null beside the field. */
export function cellAt(layout: MatrixLayout, x: number, y: number): Cell | null {
  const column = Math.floor((x - layout.left) / layout.cell);
  const row = Math.floor((y - layout.top) / layout.cell);
  const inside = (index: number) => index >= 0 && index < layout.classes;
  return inside(row) && inside(column) ? { row, column } : null;
}

/** Where the arrow keys, Home, End and Page keys lead from a cell; null for other keys. */
export function moveCell(cell: Cell, key: string, classes: number, control = false): Cell | null {
  const last = classes - 1;
  const clamp = (index: number) => Math.min(last, Math.max(0, index));
  switch (key) {
    case 'ArrowUp':
      return { row: clamp(cell.row - 1), column: cell.column };
    case 'ArrowDown':
      return { row: clamp(cell.row + 1), column: cell.column };
    case 'ArrowLeft':
      return { row: cell.row, column: clamp(cell.column - 1) };
    case 'ArrowRight':
      return { row: cell.row, column: clamp(cell.column + 1) };
    case 'Home':
      return control ? { row: 0, column: 0 } : { row: cell.row, column: 0 };
    case 'End':
      return control ? { row: last, column: last } : { row: cell.row, column: last };
    case 'PageUp':
      return { row: clamp(cell.row - 10), column: cell.column };
    case 'PageDown':
      return { row: clamp(cell.row + 10), column: cell.column };
    default:
      return null;
  }
}

export type Scale = 'counts' | 'rows';

/** Sum of each row: how many images each class truly has. */
export function rowTotals(counts: readonly (readonly number[])[]): number[] {
  return counts.map((row) => row.reduce((sum, value) => sum + value, 0));
}

/**
 * How strongly a cell is coloured, 0 to 1. Right answers and mistakes have scales of their own
 * (mistakes are few, and they are what one looks for), and mistakes go by the square root, so that
 * three mistakes beside three hundred are still seen.
 */
export function cellStrength(
  counts: readonly (readonly number[])[],
  totals: readonly number[],
  scale: Scale,
): (cell: Cell) => number {
  const value = ({ row, column }: Cell) => {
    const count = counts[row]?.[column] ?? 0;
    if (scale === 'counts') return count;
    const total = totals[row] ?? 0;
    return total === 0 ? 0 : count / total;
  };
  let right = 0;
  let wrong = 0;
  for (let row = 0; row < counts.length; row++) {
    for (let column = 0; column < counts.length; column++) {
      const here = value({ row, column });
      if (row === column) right = Math.max(right, here);
      else wrong = Math.max(wrong, here);
    }
  }
  return (cell) => {
    const here = value(cell);
    if (here === 0) return 0;
    if (cell.row === cell.column) return right === 0 ? 0 : 0.12 + 0.88 * (here / right);
    return wrong === 0 ? 0 : 0.1 + 0.9 * Math.sqrt(here / wrong);
  };
}
