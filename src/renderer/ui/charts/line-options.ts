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

/** Shows something else in a chart that is there. */
export function applyLook(chart: Chart<'line'>, look: LineLook): void {
  const quiet = look.color('--text-3');
  const font = { family: look.color('--font-sans'), size: 12 };
  chart.data.datasets = datasets(look);
  const { x, y } = chart.options.scales!;
  Object.assign(x!, {
    ...look.x,
    title: {
      display: true,
      text: look.xLabel,
      align: 'end',
      color: quiet,
      padding: 0,
      font,
    },
  });
  Object.assign(y!, { ...look.y, type: look.logarithmic ? 'logarithmic' : 'linear' });
  x!.ticks!.callback = (value) => look.formatX(Number(value));
  y!.ticks!.callback = (value) => look.formatTick(Number(value));
  for (const axis of [x!, y!]) {
    axis.ticks!.color = quiet;
    axis.ticks!.font = font;
    axis.grid!.color = look.color('--grid-line');
  }
  chart.options.layout = { padding: { right: look.right, top: 4 } };
  chart.update('none');
}
