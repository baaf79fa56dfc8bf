/**
 * Where tiles of a grid of equal squares lie. Plain arithmetic: 70,000 tiles cost no more than 70, and
 * no tile is measured. All lengths in CSS pixels.
 */

export interface GridLayout {
  readonly count: number;
  readonly columns: number;
  readonly rows: number;
  /** Edge of a tile. */
  readonly tile: number;
  readonly gap: number;
  /** Space around the tiles. */
  readonly padding: number;
  /** Height of the whole content. */
  readonly height: number;
}

export interface Rect {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Half-open range of indices. */
export interface Range {
  first: number;
  last: number;
}

/** As many columns of about `size` as fit in `width`; tiles grow to fill the rest. */
export function gridLayout(
  count: number,
  width: number,
  size: number,
  gap = 6,
  padding = 12,
): GridLayout {
  const inner = Math.max(size, width - 2 * padding);
  const columns = Math.max(1, Math.floor((inner + gap) / (size + gap)));
  const tile = Math.floor((inner - (columns - 1) * gap) / columns);
  const rows = Math.ceil(count / columns);
  const height = rows === 0 ? 0 : 2 * padding + rows * (tile + gap) - gap;
  return { count, columns, rows, tile, gap, padding, height };
}

/**
 * Tiles as large as they can be while all of them show at once, but not smaller than `least`: then the
 * grid scrolls.
 * @param columns so many, instead of as many as suit
 */
export function fitGrid(
  count: number,
  room: { width: number; height: number },
  { least, most, columns }: { least: number; most: number; columns?: number },
  gap = 6,
  padding = 16,
): GridLayout {
  const width = room.width - 2 * padding;
  const height = room.height - 2 * padding;
  const layout = (across: number, tile: number): GridLayout => {
    const rows = Math.ceil(count / across);
    const all = rows === 0 ? 0 : 2 * padding + rows * (tile + gap) - gap;
    return { count, columns: across, rows, tile, gap, padding, height: all };
  };
  const wide = (across: number) => Math.floor((width - (across - 1) * gap) / across);
  const high = (across: number) => {
    const rows = Math.max(1, Math.ceil(count / across));
    return Math.floor((height - (rows - 1) * gap) / rows);
  };
  const clamp = (tile: number) => Math.max(least, Math.min(most, tile));
  if (columns !== undefined) {
    return layout(columns, clamp(Math.min(wide(columns), high(columns))));
  }
  // At their largest; then each further column makes them narrower, until the rows fit as well.
  let across = Math.max(1, Math.min(count, Math.floor((width + gap) / (most + gap))));
  while (Math.min(wide(across), most) > high(across) && wide(across + 1) >= least) {
    if (high(across) >= wide(across + 1)) return layout(across, clamp(high(across)));
    across++;
  }
  return layout(across, clamp(wide(across)));
}

/** Place of one tile in the content. */
export function tileRect({ columns, tile, gap, padding }: GridLayout, index: number): Rect {
  const step = tile + gap;
  return {
    left: padding + (index % columns) * step,
    top: padding + Math.floor(index / columns) * step,
    width: tile,
    height: tile,
  };
}

/** Tiles that show in the viewport, and `overscan` rows beyond it on either side. */
export function visibleRange(
  { count, columns, tile, gap, padding }: GridLayout,
  scrollTop: number,
  viewport: number,
  overscan = 3,
): Range {
  const step = tile + gap;
  const firstRow = Math.max(0, Math.floor((scrollTop - padding) / step) - overscan);
  const lastRow = Math.floor((scrollTop + viewport - padding) / step) + 1 + overscan;
  return {
    first: Math.min(count, firstRow * columns),
    last: Math.max(0, Math.min(count, lastRow * columns)),
  };
}

/** Tiles that a rectangle of the content touches, in order. */
export function tilesInRect(layout: GridLayout, rect: Rect): number[] {
  const { columns, count, tile, gap, padding } = layout;
  const step = tile + gap;
  const right = rect.left + rect.width;
  const bottom = rect.top + rect.height;
  // The last tile that starts before the end, and the first that ends after the start.
  const firstColumn = Math.max(0, Math.ceil((rect.left - padding - tile) / step));
  const lastColumn = Math.min(columns - 1, Math.floor((right - padding) / step));
  const firstRow = Math.max(0, Math.ceil((rect.top - padding - tile) / step));
  const lastRow = Math.floor((bottom - padding) / step);
  const found: number[] = [];
  for (let row = firstRow; row <= lastRow; row++) {
    for (let column = firstColumn; column <= lastColumn; column++) {
      const index = row * columns + column;
      if (index < count) found.push(index);
    }
  }
  return found;
}

/** The scroll position that shows a tile, as near to the present one as it can be. */
export function scrollToTile(
  layout: GridLayout,
  index: number,
  scrollTop: number,
  viewport: number,
): number {
  const { top, height } = tileRect(layout, index);
  const margin = layout.padding;
  if (top - margin < scrollTop) return Math.max(0, top - margin);
  if (top + height + margin > scrollTop + viewport) return top + height + margin - viewport;
  return scrollTop;
}

export type Move = 'left' | 'right' | 'up' | 'down' | 'page-up' | 'page-down' | 'start' | 'end';

/** Where the cursor goes; it stays where it is at an edge, except that 'down' finds a short last row. */
export function moveCursor(
  { count, columns }: GridLayout,
  index: number,
  move: Move,
  pageRows = 1,
): number {
  if (count === 0) return -1;
  const last = count - 1;
  const at = Math.min(Math.max(index, 0), last);
  switch (move) {
    case 'left':
      return Math.max(0, at - 1);
    case 'right':
      return Math.min(last, at + 1);
    case 'up':
      return at - columns >= 0 ? at - columns : at;
    case 'down':
      if (at + columns <= last) return at + columns;
      return Math.floor(at / columns) < Math.floor(last / columns) ? last : at;
    case 'page-up':
      return at - columns * pageRows >= 0 ? at - columns * pageRows : at % columns;
    case 'page-down':
      return Math.min(last, at + columns * pageRows);
    case 'start':
      return 0;
    case 'end':
      return last;
  }
}
