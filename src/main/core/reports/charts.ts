import type { Run } from '#shared/contract/index.ts';
import { lineSvg, type ChartStyle } from '#shared/charts/line-svg.ts';
import { points, runMarks } from '#shared/charts/run-curves.ts';
import { accuracyRange, lossRange, type Series } from '#shared/charts/series.ts';
import { integer, wholePercent } from '#shared/format.ts';
import { escapeXml } from '#shared/xml.ts';
import type { Drawing } from './content.ts';

/** Of the light theme: reports are printed. */
const colors: Record<string, string> = { '--series-1': '#1d5fc4', '--series-2': '#b85a0c' };

const styleOf = (font: string): ChartStyle => ({
  width: 480,
  height: 280,
  font,
  ink: '#1c1a18',
  quiet: '#6a655e',
  grid: '#ebe8e3',
  background: '#ffffff',
  color: (token) => colors[token] ?? '#1c1a18',
});

type Curves = Pick<Run, 'epochs' | 'bestEpoch' | 'options' | 'ending'>;

/** Loss and accuracy over the epochs. */
export function curves(run: Curves): Drawing[] {
  const lines = (name: 'loss' | 'accuracy'): Series[] => [
    {
      id: 'training',
      label: 'training',
      color: '--series-1',
      points: points(run.epochs, (epoch) => epoch[name]),
    },
    {
      id: 'validation',
      label: 'validation',
      color: '--series-2',
      points: points(run.epochs, (epoch) => (name === 'loss' ? epoch.valLoss : epoch.valAccuracy)),
      mark: run.bestEpoch ?? undefined,
    },
  ];
  const x = { min: 0, max: Math.max(1, run.epochs.length) };
  const common = { x, xLabel: 'epoch', marks: runMarks(run) };
  const [loss, accuracy] = [lines('loss'), lines('accuracy')];
  return [
    (font) =>
      lineSvg(
        {
          ...common,
          title: 'Loss',
          series: loss,
          y: lossRange(loss),
          formatTick: (value) => String(Number(value.toFixed(2))),
        },
        styleOf(font),
      ),
    (font) =>
      lineSvg(
        {
          ...common,
          title: 'Accuracy',
          series: accuracy,
          y: accuracyRange(accuracy),
          formatTick: wholePercent,
          markAt: 'bottom',
        },
        styleOf(font),
      ),
  ];
}

const mostNumbers = 24;

/** Rows are the true classes; blue on the diagonal, red beside it, by the share of the row. */
export function confusion(
  classes: readonly string[],
  counts: readonly (readonly number[])[],
): Drawing {
  return (font) => {
    const cell = Math.max(4, Math.min(34, Math.floor(560 / classes.length)));
    const named = cell >= 10;
    const longest = Math.max(...classes.map((name) => name.length));
    const left = named ? Math.min(160, Math.max(60, longest * 6 + 8)) : 8;
    const top = named ? Math.min(120, longest * 4.4 + 20) : 8;
    const [width, height] = [
      left + cell * classes.length + top * 0.7,
      top + cell * classes.length + 4,
    ];
    const short = (name: string) => (name.length > 24 ? `${name.slice(0, 23)}…` : name);
    const parts: string[] = [];
    counts.forEach((row, y) => {
      const total = row.reduce((sum, value) => sum + value, 0);
      const middle = top + (y + 0.5) * cell;
      if (named) {
        parts.push(
          `<text x="${left - 6}" y="${middle + 4}" text-anchor="end" fill="#1c1a18">${escapeXml(short(classes[y]!))}</text>`,
          `<text transform="translate(${left + (y + 0.6) * cell} ${top - 6}) rotate(-45)" fill="#1c1a18">${escapeXml(short(classes[y]!))}</text>`,
        );
      }
      row.forEach((value, x) => {
        if (value === 0 || total === 0) return;
        const share = value / total;
        const strength = (x === y ? 0.15 + 0.85 * share : 0.15 + 0.85 * Math.sqrt(share)).toFixed(
          2,
        );
        const place = `x="${left + x * cell}" y="${top + y * cell}"`;
        parts.push(
          `<rect ${place} width="${cell - 1}" height="${cell - 1}" fill="${x === y ? '#1d5fc4' : '#c0271d'}" fill-opacity="${strength}"/>`,
        );
        if (classes.length > mostNumbers) return;
        const dark = Number(strength) > 0.55;
        parts.push(
          `<text x="${left + (x + 0.5) * cell}" y="${middle + 3.5}" text-anchor="middle" font-size="10" fill="${dark ? '#ffffff' : '#1c1a18'}">${integer(value)}</text>`,
        );
      });
    });
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.round(width)}" height="${Math.round(height)}" viewBox="0 0 ${Math.round(width)} ${Math.round(height)}" font-family="${escapeXml(font)}" font-size="11" role="img"><title>Confusion matrix</title>` +
      `<rect width="${Math.round(width)}" height="${Math.round(height)}" fill="#ffffff"/>` +
      `<rect x="${left - 0.5}" y="${top - 0.5}" width="${cell * classes.length}" height="${cell * classes.length}" fill="none" stroke="#cdc8c0"/>` +
      `${parts.join('')}</svg>`
    );
  };
}
