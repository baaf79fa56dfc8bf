/** What Chart.js does not draw: names at the ends of lines, marks, and a cursor. */
import type { Chart, Plugin } from 'chart.js';
import { markRows, nearest, spreadLabels, type Mark, type Series } from './series.ts';

export interface LineOverlay {
  series: readonly Series[];
  /** Vertical hairlines with a word: the best epoch. */
  marks: readonly Mark[];
  /** Where there is room for the words of marks. */
  markAt: 'top' | 'bottom';
  cursor: number | null;
  color: (token: string) => string;
  font: string;
}

const labelGap = 15;

/** Series that have a name and values. */
export function named(series: readonly Series[]): Series[] {
  return series.filter((one) => one.style !== 'faint' && one.points.length > 0);
}

export function linePlugin(overlay: () => LineOverlay): Plugin<'line'> {
  return {
    id: 'fovea-lines',
    afterDatasetsDraw(chart) {
      const now = overlay();
      const { ctx } = chart;
      ctx.save();
      ctx.font = now.font;
      ctx.textBaseline = 'middle';
      drawMarks(chart, now);
      if (now.cursor !== null) drawCursor(chart, now, now.cursor);
      drawNames(chart, now);
      ctx.restore();
    },
  };
}

function drawMarks(chart: Chart, { marks, markAt, series, color }: LineOverlay): void {
  const { ctx, chartArea: area } = chart;
  const { x: scaleX, y: scaleY } = chart.scales as Record<'x' | 'y', Chart['scales'][string]>;
  const places = marks.map((mark) => {
    const x = Math.round(scaleX.getPixelForValue(mark.x)) + 0.5;
    const width = ctx.measureText(mark.label).width;
    const fits = x + 5 + width < area.right;
    return { mark, x, fits, from: fits ? x : x - 5 - width, to: fits ? x + 5 + width : x };
  });
  const rows = markRows(places);
  for (const [index, { mark, x, fits }] of places.entries()) {
    ctx.strokeStyle = color('--line-control');
    ctx.lineWidth = 1;
    ctx.setLineDash([2, 3]);
    ctx.beginPath();
    ctx.moveTo(x, area.top);
    ctx.lineTo(x, area.bottom);
    ctx.stroke();
    ctx.setLineDash([]);
    const row = rows[index] ?? null;
    // Where many marks stand close together, some say what they are under the cursor only.
    if (row === null) continue;
    ctx.fillStyle = color('--text-3');
    ctx.textAlign = fits ? 'left' : 'right';
    ctx.fillText(
      mark.label,
      fits ? x + 5 : x - 5,
      markAt === 'top' ? area.top + 7 + row * labelGap : area.bottom - 8 - row * labelGap,
    );
  }
  for (const one of named(series)) {
    const at = one.mark === undefined ? undefined : one.points.find((p) => p.x === one.mark);
    if (at)
      dot(chart, scaleX.getPixelForValue(at.x), scaleY.getPixelForValue(at.y), one, color, 4.5);
  }
}

function drawCursor(chart: Chart, { series, color }: LineOverlay, cursor: number): void {
  const { ctx, chartArea: area } = chart;
  const { x: scaleX, y: scaleY } = chart.scales as Record<'x' | 'y', Chart['scales'][string]>;
  const x = Math.round(scaleX.getPixelForValue(cursor)) + 0.5;
  ctx.strokeStyle = color('--text-3');
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(x, area.top);
  ctx.lineTo(x, area.bottom);
  ctx.stroke();
  for (const one of named(series)) {
    const point = nearest(one.points, cursor);
    if (point?.x !== cursor) continue;
    dot(chart, scaleX.getPixelForValue(point.x), scaleY.getPixelForValue(point.y), one, color, 3.5);
  }
}

function dot(
  { ctx }: Chart,
  x: number,
  y: number,
  series: Series,
  color: (token: string) => string,
  radius: number,
): void {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fillStyle = color('--canvas');
  ctx.fill();
  ctx.lineWidth = 2;
  ctx.strokeStyle = color(series.color);
  ctx.stroke();
}

function drawNames(chart: Chart, { series, color }: LineOverlay): void {
  const { ctx, chartArea: area } = chart;
  const { x: scaleX, y: scaleY } = chart.scales as Record<'x' | 'y', Chart['scales'][string]>;
  const lines = named(series);
  const wanted = lines.map((one) => {
    const y = scaleY.getPixelForValue(one.points.at(-1)!.y);
    return Math.min(area.bottom - 6, Math.max(area.top + 6, y));
  });
  const places = spreadLabels(wanted, labelGap, area.top + 6, area.bottom - 6);
  ctx.textAlign = 'left';
  lines.forEach((one, index) => {
    ctx.fillStyle = color(one.color);
    const end = scaleX.getPixelForValue(one.points.at(-1)!.x);
    // Beside the end of the line while it is short of the edge, and in the margin otherwise.
    const x = Math.min(end + 8, area.right + 8);
    ctx.fillText(one.label, x, places[index]!);
  });
}

/** Room that the names need to the right of the plot: none while the lines are far from its end. */
export function nameMargin(series: readonly Series[], xMax: number, font: string): number {
  const atEnd = named(series).filter((one) => one.points.at(-1)!.x > xMax * 0.7);
  if (atEnd.length === 0) return 12;
  return Math.ceil(Math.max(...atEnd.map((one) => textWidth(one.label, font)))) + 12;
}

let canvas: HTMLCanvasElement | null = null;

function measuring(): CanvasRenderingContext2D | null {
  canvas ??= document.createElement('canvas');
  return canvas.getContext('2d');
}

/** Width of a text in a font, CSS pixels. */
export function textWidth(text: string, font: string): number {
  const context = measuring();
  if (!context) return text.length * 7;
  context.font = font;
  return context.measureText(text).width;
}
