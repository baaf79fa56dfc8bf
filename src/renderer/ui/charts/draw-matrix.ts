/** Paints a confusion matrix on a canvas: 4 cells or 40,000, in one pass. */
import { blend, readable } from './color.ts';
import type { Cell, MatrixLayout } from './matrix.ts';

export interface MatrixPaint {
  layout: MatrixLayout;
  classes: readonly string[];
  /** What a cell says; '' for nothing. */
  text: (cell: Cell) => string;
  /** 0 to 1. */
  strength: (cell: Cell) => number;
  /** Cell under the pointer or the keyboard's. */
  active: Cell | null;
  selected: Cell | null;
  color: (token: string) => string;
  font: string;
  boldFont: string;
}

export function drawMatrix(ctx: CanvasRenderingContext2D, paint: MatrixPaint): void {
  drawCells(ctx, paint);
  drawNames(ctx, paint);
  drawOutline(ctx, paint, paint.selected, '--text-1', 2);
  drawOutline(ctx, paint, paint.active, '--text-2', 1);
}

function drawCells(ctx: CanvasRenderingContext2D, paint: MatrixPaint): void {
  const { layout, color } = paint;
  const ground = color('--surface');
  const right = color('--right');
  const wrong = color('--wrong');
  // One of the two reads at 4.5:1 or better on any ground whatever; softer inks do not.
  const inks = ['#ffffff', '#000000'] as const;
  const { cell, gap, left, top, classes } = layout;
  // Without gaps, cells overlap by a hair so that no seams show at fractional sizes.
  const edge = gap > 0 ? cell - gap : cell + 0.5;
  const radius = cell >= 24 ? 3 : 0;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.font = paint.font;
  if (gap === 0) {
    ctx.fillStyle = ground;
    ctx.fillRect(left, top, layout.field, layout.field);
  }
  for (let row = 0; row < classes; row++) {
    for (let column = 0; column < classes; column++) {
      const here = { row, column };
      const strength = paint.strength(here);
      if (strength === 0 && gap === 0) continue;
      const fill = blend(ground, row === column ? right : wrong, strength * 0.92);
      const x = left + column * cell;
      const y = top + row * cell;
      ctx.fillStyle = fill;
      if (radius > 0) {
        ctx.beginPath();
        ctx.roundRect(x, y, edge, edge, radius);
        ctx.fill();
      } else {
        ctx.fillRect(x, y, edge, edge);
      }
      if (!layout.numbers) continue;
      const text = paint.text(here);
      if (text === '') continue;
      ctx.fillStyle = readable(fill, inks);
      ctx.fillText(text, x + edge / 2, y + edge / 2 + 0.5);
    }
  }
}

function drawNames(ctx: CanvasRenderingContext2D, paint: MatrixPaint): void {
  const { layout, classes, active, selected, color } = paint;
  const quiet = color('--text-2');
  const strong = color('--text-1');
  const style = (chosen: boolean) => {
    ctx.font = chosen ? paint.boldFont : paint.font;
    ctx.fillStyle = chosen ? strong : quiet;
  };
  // The class of the active cell is always named; its neighbours give way where names are tight.
  const skip = (index: number, every: number, chosen: number | undefined): boolean => {
    if (index === chosen) return false;
    if (index % every !== 0) return true;
    return chosen !== undefined && Math.abs(index - chosen) < every;
  };
  const focus = active ?? selected;
  ctx.textBaseline = 'middle';
  classes.forEach((name, index) => {
    const middle = (index + 0.5) * layout.cell - layout.gap / 2;
    if (!skip(index, layout.labelEvery, focus?.row)) {
      style(index === focus?.row);
      ctx.textAlign = 'right';
      ctx.fillText(
        shorten(ctx, name, layout.left - 10),
        layout.left - 8,
        layout.top + middle + 0.5,
      );
    }
    if (skip(index, layout.columnEvery, focus?.column)) return;
    style(index === focus?.column);
    ctx.save();
    ctx.translate(layout.left + middle, layout.top - 8);
    if (layout.slanted) {
      ctx.rotate(-Math.PI / 4);
      ctx.textAlign = 'left';
      ctx.fillText(shorten(ctx, name, (layout.top - 12) / Math.SQRT1_2), 0, 0);
    } else {
      ctx.textAlign = 'center';
      ctx.fillText(name, 0, -4);
    }
    ctx.restore();
  });
}

function drawOutline(
  ctx: CanvasRenderingContext2D,
  { layout, color }: MatrixPaint,
  cell: Cell | null,
  token: string,
  width: number,
): void {
  if (!cell) return;
  const edge = layout.cell - layout.gap;
  const grow = layout.gap > 0 ? 0.5 : 1;
  ctx.strokeStyle = color(token);
  ctx.lineWidth = width;
  ctx.beginPath();
  ctx.roundRect(
    layout.left + cell.column * layout.cell - grow,
    layout.top + cell.row * layout.cell - grow,
    edge + 2 * grow,
    edge + 2 * grow,
    layout.cell >= 24 ? 3 : 0,
  );
  ctx.stroke();
}

/** The text with an ellipsis where it is too wide. */
function shorten(ctx: CanvasRenderingContext2D, text: string, room: number): string {
  if (ctx.measureText(text).width <= room) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (ctx.measureText(`${text.slice(0, middle)}…`).width <= room) low = middle;
    else high = middle - 1;
  }
  return `${text.slice(0, low).trimEnd()}…`;
}
