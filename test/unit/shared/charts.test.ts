import { describe, expect, it } from 'vitest';
import { lineSvg, logTicksOf, ticksOf, type LineChart } from '#shared/charts/line-svg.ts';
import { logRange, smooth, smoothed, within, type Series } from '#shared/charts/series.ts';

const line = (ys: number[], more: Partial<Series> = {}): Series => ({
  id: 'a',
  label: 'training',
  color: '--series-1',
  points: ys.map((y, at) => ({ x: at + 1, y })),
  ...more,
});

describe('lines of charts', () => {
  it('are smoothed without a bias towards their start', () => {
    expect(smooth(line([3, 3, 3]).points, 0.5).map(({ y }) => y)).toEqual([3, 3, 3]);
    const [, second] = smooth(line([0, 1]).points, 0.5);
    // Weights 0.25 and 0.5 of 0.75.
    expect(second!.y).toBeCloseTo(2 / 3, 12);
    const [faint, shown] = smoothed([line([0, 1], { mark: 2 })], 0.5);
    expect(faint).toMatchObject({ style: 'faint', points: line([0, 1]).points });
    expect(faint).not.toHaveProperty('mark');
    expect(shown).toMatchObject({ mark: 2, exact: line([0, 1]).points });
    expect(smoothed([line([0, 1])], 0)).toEqual([line([0, 1])]);
  });

  it('are cut to what is shown', () => {
    const [cut] = within([line([1, 2, 3, 4])], { min: 2, max: 3 });
    expect(cut!.points).toEqual([
      { x: 2, y: 2 },
      { x: 3, y: 3 },
    ]);
  });

  it('have axes that end above and below them, also in powers of ten', () => {
    expect(logRange([line([0.5, 0, 8])])).toEqual({ min: 0.4, max: 10 });
    expect(logRange([])).toEqual({ min: 0.1, max: 1 });
    expect(ticksOf({ min: 0, max: 1 }, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(logTicksOf({ min: 0.04, max: 3 })).toEqual([0.05, 0.1, 0.2, 0.5, 1, 2]);
  });
});

describe('a chart as SVG', () => {
  const chart: LineChart = {
    title: 'Loss <of> “a & b”',
    series: [line([2, 1, 0.5])],
    x: { min: 0, max: 3 },
    y: { min: 0, max: 2 },
    xLabel: 'epoch',
    formatTick: String,
    marks: [{ x: 2, label: 'best · 2' }],
  };
  const style = {
    width: 400,
    height: 200,
    font: 'Inter',
    ink: '#000',
    quiet: '#555',
    grid: '#eee',
    background: '#fff',
    color: () => '#00f',
  };

  it('has every point in its place, and names escaped', () => {
    const svg = lineSvg(chart, style);
    expect(svg).toContain('<title>Loss &lt;of&gt; “a &amp; b”</title>');
    expect(svg).not.toContain('<of>');
    expect(svg).toContain('>best · 2</text>');
    const path = /<path d="M([^"]+)" fill="none"/.exec(svg)![1]!;
    const places = path.split('L').map((place) => place.split(' ').map(Number));
    expect(places).toHaveLength(3);
    // 2 is the top of the axis, and each halving is half of what is left above its foot.
    const [top, middle, low] = places.map(([, y]) => y!);
    const foot = top! + (middle! - top!) * 2;
    expect(foot - low!).toBeCloseTo((foot - middle!) / 2, 0);
    expect(places[2]![0]! - places[1]![0]!).toBeCloseTo(places[1]![0]! - places[0]![0]!, 0);
  });

  it('has halvings at even distances in powers of ten', () => {
    const svg = lineSvg({ ...chart, y: { min: 0.25, max: 4 }, logarithmic: true }, style);
    const path = /<path d="M([^"]+)" fill="none"/.exec(svg)![1]!;
    const [first, second, third] = path.split('L').map((place) => Number(place.split(' ')[1]));
    expect(third! - second!).toBeCloseTo(second! - first!, 0);
  });
});
