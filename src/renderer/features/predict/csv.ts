/** Predictions as CSV (RFC 4180): one line a file, then one column a class. */
import type { PredictItem } from '../../state/predict.svelte.ts';

interface Columns {
  file: string;
  truth: string;
  predicted: string;
  probability: string;
  error: string;
}

/** @param classes in the order of the probabilities */
export function toCsv(
  items: readonly PredictItem[],
  classes: readonly string[],
  columns: Columns,
): string {
  const { file, truth, predicted, probability, error } = columns;
  const lines = [[file, truth, predicted, probability, error, ...classes]];
  for (const item of items) {
    const answer = item.prediction;
    const values = answer?.probabilities ?? [];
    lines.push([
      item.file,
      answer?.truth ?? '',
      answer?.top ?? '',
      answer ? number(values[classes.indexOf(answer.top)]) : '',
      item.error ?? '',
      ...classes.map((_, index) => number(values[index])),
    ]);
  }
  return `${lines.map((cells) => cells.map(quote).join(',')).join('\r\n')}\r\n`;
}

/** Seven digits: all that a 32-bit probability holds. */
function number(value: number | undefined): string {
  return value === undefined ? '' : String(Number(value.toPrecision(7)));
}

function quote(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
