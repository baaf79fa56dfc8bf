/** Charts as files: drawings, pictures and tables. */
import { lineSvg, type ChartStyle, type LineChart } from '#shared/charts/line-svg.ts';
import { saveFile } from '../save-file.ts';
import { token } from './palette.svelte.ts';
import type { Series } from './series.ts';

export type ChartFormat = 'png' | 'svg' | 'csv';

const size = { width: 720, height: 420 };
/** Pixels of a picture for each of the drawing. */
const density = 2;

function drawing(chart: LineChart): string {
  const style: ChartStyle = {
    ...size,
    font: 'Inter, system-ui, sans-serif',
    ink: token('--text-1'),
    quiet: token('--text-3'),
    grid: token('--grid-line'),
    background: token('--canvas'),
    color: token,
  };
  return lineSvg(chart, style);
}

async function picture(svg: string): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = new OffscreenCanvas(size.width * density, size.height * density);
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return await canvas.convertToBlob({ type: 'image/png' });
}

/** A column for each named line, a row for each x: RFC 4180, exact values. */
export function chartCsv(xLabel: string, charts: readonly Pick<LineChart, 'title' | 'series'>[]) {
  const columns = charts.flatMap(({ title, series }) =>
    series
      .filter((one) => one.style !== 'faint')
      .map((one) => ({ head: `${title}, ${one.label}`, values: valuesOf(one) })),
  );
  const places = new Set(columns.flatMap(({ values }) => [...values.keys()]));
  const rows = [...places]
    .sort((a, b) => a - b)
    .map((x) => [x, ...columns.map(({ values }) => values.get(x) ?? '')].join(','));
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const head = [xLabel, ...columns.map(({ head: text }) => text)].map(quoted).join(',');
  return `${[head, ...rows].join('\r\n')}\r\n`;
}

function valuesOf(one: Series): Map<number, number> {
  return new Map((one.exact ?? one.points).map(({ x, y }) => [x, y]));
}

/** Saves each chart as one file, or all of them as one table. */
export async function saveCharts(
  name: string,
  format: ChartFormat,
  charts: readonly LineChart[],
): Promise<void> {
  if (format === 'csv') {
    saveFile(`${name}.csv`, [chartCsv(charts[0]?.xLabel ?? '', charts)], 'text/csv');
    return;
  }
  for (const chart of charts) {
    const svg = drawing(chart);
    const file = `${name}-${chart.title.toLowerCase()}.${format}`;
    if (format === 'svg') saveFile(file, [svg], 'image/svg+xml');
    else saveFile(file, [await picture(svg)], 'image/png');
  }
}
