/** A line chart as Chart.js wants it. */
import type { Chart, ChartDataset, ChartOptions } from 'chart.js';
import type { Range, Series } from './series.ts';

export interface LineLook {
  series: readonly Series[];
  x: Range;
  y: Range;
  xLabel: string;
  logarithmic: boolean;
  formatX: (x: number) => string;
  formatTick: (y: number) => string;
  /** Room to the right of the plot, for names. */
  right: number;
  /** The value of a token. */
  color: (token: string) => string;
}

export const lineOptions: ChartOptions<'line'> = {
  animation: false,
  responsive: true,
  maintainAspectRatio: false,
  parsing: false,
  normalized: true,
  events: [],
  scales: {
    x: {
      type: 'linear',
      // A zoomed axis may end between two epochs.
      ticks: { precision: 0, maxTicksLimit: 11, maxRotation: 0, includeBounds: false },
      grid: { display: false },
      border: { display: false },
    },
    y: {
      type: 'linear',
      ticks: { maxTicksLimit: 6 },
      grid: { lineWidth: 1, tickLength: 0 },
      border: { display: false },
    },
  },
};

function datasets({ series, color }: LineLook): ChartDataset<'line', { x: number; y: number }[]>[] {
  return series.map((one) => {
    const faint = one.style === 'faint';
    const stroke = color(one.color);
    return {
      data: one.points.map((point) => ({ ...point })),
      borderColor: faint ? `${stroke}80` : stroke,
      backgroundColor: stroke,
      borderWidth: faint ? 1 : 2,
      borderDash: one.style === 'dashed' ? [5, 4] : [],
      borderJoinStyle: 'round',
      pointRadius: !faint && one.points.length <= 30 ? 2.5 : 0,
      pointBorderWidth: 0,
      pointHoverRadius: 0,
      order: faint ? 1 : 0,
      clip: 4,
    };
  });
}

/**
 * Axes in the colours and letters of the theme.
 * @param color the value of a token
 */
export function paintAxes(
  chart: Chart<'line'>,
  xLabel: string,
  color: (token: string) => string,
): void {
  const quiet = color('--text-3');
  const font = { family: color('--font-sans'), size: 12 };
  const { x, y } = chart.options.scales!;
  const title = { display: true, text: xLabel, align: 'end', color: quiet, padding: 0, font };
  Object.assign(x!, { title });
  for (const axis of [x!, y!]) {
    axis.ticks!.color = quiet;
    axis.ticks!.font = font;
    axis.grid!.color = color('--grid-line');
  }
}

/** Shows something else in a chart that is there. */
export function applyLook(chart: Chart<'line'>, look: LineLook): void {
  chart.data.datasets = datasets(look);
  const { x, y } = chart.options.scales!;
  Object.assign(x!, look.x);
  Object.assign(y!, { ...look.y, type: look.logarithmic ? 'logarithmic' : 'linear' });
  x!.ticks!.callback = (value) => look.formatX(Number(value));
  y!.ticks!.callback = (value) => look.formatTick(Number(value));
  paintAxes(chart, look.xLabel, look.color);
  chart.options.layout = { padding: { right: look.right, top: 4 } };
  chart.update('none');
}
