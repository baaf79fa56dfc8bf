/** A line chart as an SVG file: what the window saves and reports contain. No DOM here. */
import { escapeXml } from '../xml.ts';
import { markRows, spreadLabels, type Mark, type Range, type Series } from './series.ts';

export interface LineChart {
  title: string;
  series: readonly Series[];
  x: Range;
  y: Range;
  xLabel: string;
  /** Values of the y axis. */
  formatTick: (y: number) => string;
  marks?: readonly Mark[];
  markAt?: 'top' | 'bottom';
  /** Powers of ten at even distances. */
  logarithmic?: boolean;
}

export interface ChartStyle {
  width: number;
  height: number;
  /** As font-family wants it. */
  font: string;
  ink: string;
  quiet: string;
  grid: string;
  background: string;
  /** The colour of a token such as '--series-1'. */
  color: (token: string) => string;
}

/** Where the plot lies in the picture. */
const inset = { left: 48, top: 30, bottom: 34 };
const letter = 6.3;

/** Round places between the ends of a range, about `count` of them. */
export function ticksOf({ min, max }: Range, count: number): number[] {
  const rough = (max - min) / count;
  if (!(rough > 0) || !Number.isFinite(rough)) return [min];
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * size).find((one) => one >= rough * 0.999) ?? rough;
  const first = Math.ceil(min / step - 1e-9);
  const last = Math.floor(max / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, at) =>
    Number(((first + at) * step).toPrecision(12)),
  );
}

/** Powers of ten within a range, with halves and fifths where there are few. */
export function logTicksOf({ min, max }: Range): number[] {
  const powers = Array.from(
    { length: Math.ceil(Math.log10(max)) - Math.floor(Math.log10(min)) + 1 },
    (_, at) => 10 ** (Math.floor(Math.log10(min)) + at),
  );
  const steps = powers.length > 4 ? [1] : [1, 2, 5];
  return powers
    .flatMap((power) => steps.map((step) => Number((power * step).toPrecision(3))))
    .filter((tick) => tick >= min * 0.999 && tick <= max * 1.001);
}

export function lineSvg(chart: LineChart, style: ChartStyle): string {
  const { series, x, y, marks = [], markAt = 'top', logarithmic = false } = chart;
  const { width, height, ink, quiet, grid } = style;
  const named = series.filter((one) => one.style !== 'faint' && one.points.length > 0);
  const right = width - 14 - Math.max(0, ...named.map((one) => one.label.length * letter));
  const area = { left: inset.left, top: inset.top, right, bottom: height - inset.bottom };
  const share = (value: number): number =>
    logarithmic
      ? Math.log(Math.max(value, y.min) / y.min) / Math.log(y.max / y.min)
      : (value - y.min) / (y.max - y.min);
  const atX = (value: number) =>
    area.left + ((value - x.min) / (x.max - x.min || 1)) * (area.right - area.left);
  const atY = (value: number) => area.bottom - share(value) * (area.bottom - area.top);
  const fixed = (value: number) => value.toFixed(1);
  const text = (at: [number, number], words: string, more = '') =>
    `<text x="${fixed(at[0])}" y="${fixed(at[1])}" ${more}>${escapeXml(words)}</text>`;

  const parts: string[] = [];
  for (const tick of logarithmic ? logTicksOf(y) : ticksOf(y, 5)) {
    const level = fixed(atY(tick));
    parts.push(`<path d="M${area.left} ${level}H${fixed(area.right)}" stroke="${grid}"/>`);
    parts.push(
      text(
        [area.left - 6, atY(tick) + 4],
        chart.formatTick(tick),
        `fill="${quiet}" text-anchor="end"`,
      ),
    );
  }
  for (const tick of ticksOf(x, 8)) {
    if (!Number.isInteger(tick)) continue;
    parts.push(
      text([atX(tick), area.bottom + 16], String(tick), `fill="${quiet}" text-anchor="middle"`),
    );
  }
  parts.push(text([area.right, height - 4], chart.xLabel, `fill="${quiet}" text-anchor="end"`));

  const shown = marks.filter((mark) => mark.x >= x.min && mark.x <= x.max);
  const places = shown.map((mark) => {
    const at = atX(mark.x);
    const long = mark.label.length * letter;
    const fits = at + 5 + long < area.right;
    return { mark, at, fits, from: fits ? at : at - 5 - long, to: fits ? at + 5 + long : at };
  });
  const rows = markRows(places);
  places.forEach(({ mark, at, fits }, index) => {
    parts.push(
      `<path d="M${fixed(at)} ${area.top}V${area.bottom}" stroke="${quiet}" stroke-dasharray="2 3"/>`,
    );
    const row = rows[index] ?? null;
    if (row === null) return;
    const level = markAt === 'top' ? area.top + 10 + row * 15 : area.bottom - 6 - row * 15;
    const anchor = fits ? 'start' : 'end';
    parts.push(
      text([fits ? at + 5 : at - 5, level], mark.label, `fill="${quiet}" text-anchor="${anchor}"`),
    );
  });

  for (const one of series) {
    const inside = one.points.filter((point) => point.x >= x.min && point.x <= x.max);
    if (inside.length === 0) continue;
    const color = style.color(one.color);
    const d = inside
      .map(
        (point) => `${fixed(atX(point.x))} ${fixed(Math.min(height, Math.max(0, atY(point.y))))}`,
      )
      .join('L');
    const faint = one.style === 'faint';
    const dash = one.style === 'dashed' ? ' stroke-dasharray="5 4"' : '';
    parts.push(
      `<path d="M${d}" fill="none" stroke="${color}" stroke-width="${faint ? 1 : 2}" stroke-opacity="${faint ? 0.45 : 1}" stroke-linejoin="round"${dash}/>`,
    );
    const marked = inside.find((point) => point.x === one.mark);
    if (!faint && inside.length <= 30) {
      for (const point of inside) {
        parts.push(
          `<circle cx="${fixed(atX(point.x))}" cy="${fixed(atY(point.y))}" r="2.2" fill="${color}"/>`,
        );
      }
    }
    if (marked) {
      parts.push(
        `<circle cx="${fixed(atX(marked.x))}" cy="${fixed(atY(marked.y))}" r="4.5" fill="${style.background}" stroke="${color}" stroke-width="2"/>`,
      );
    }
  }
  const ends = named.map((one) => one.points.filter((point) => point.x <= x.max).at(-1)!);
  const levels = spreadLabels(
    ends.map((end) => Math.min(area.bottom, Math.max(area.top, atY(end.y)))),
    15,
    area.top,
    area.bottom,
  );
  named.forEach((one, index) => {
    const end = Math.min(atX(ends[index]!.x), area.right);
    parts.push(text([end + 8, levels[index]! + 4], one.label, `fill="${style.color(one.color)}"`));
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
    `font-family="${escapeXml(style.font)}" font-size="12" role="img"><title>${escapeXml(chart.title)}</title>` +
    `<rect width="${width}" height="${height}" fill="${style.background}"/>` +
    text([2, 15], chart.title, `fill="${ink}" font-weight="bold" font-size="13"`) +
    `${parts.join('')}</svg>`
  );
}
