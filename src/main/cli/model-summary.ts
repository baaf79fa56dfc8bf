/** A model's layers as Keras' `model.summary()` prints them. */
import type { ModelSummary } from '#shared/contract/index.ts';
import { count } from './text.ts';

/**
 * Layers inside a block come before the row that joins them, further in. Where the architecture was
 * published with PyTorch's way of counting, moving averages are no parameters and have a line of
 * their own.
 */
export function summaryText(summary: ModelSummary): string {
  const { name, layers, parameters, trainable, movingAverages, counting, macs } = summary;
  const rows = layers.map((layer) => [
    `${'  '.repeat(layer.depth)}${layer.name} (${layer.type})`,
    `(None, ${layer.output.join(', ')})`,
    count(layer.parameters),
  ]);
  return [
    `Model: "${name}"`,
    ...boxed(['Layer (type)', 'Output Shape', 'Param #'], rows),
    ` Total params: ${sized(parameters)}`,
    ` Trainable params: ${sized(trainable)}`,
    ` Non-trainable params: ${sized(parameters - trainable)}`,
    ...(counting === 'pytorch' ? [` Moving averages, not counted: ${sized(movingAverages)}`] : []),
    ` Multiply-adds for one image: ${count(macs)}`,
  ].join('\n');
}

/** Keras' frame; the last column to the right. */
function boxed(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[], edge: string): string => {
    const padded = widths.map((width, column) => {
      const cell = cells[column] ?? '';
      return ` ${column === widths.length - 1 ? cell.padStart(width) : cell.padEnd(width)} `;
    });
    return `${edge}${padded.join(edge)}${edge}`;
  };
  const rule = (left: string, dash: string, cross: string, right: string): string =>
    `${left}${widths.map((width) => dash.repeat(width + 2)).join(cross)}${right}`;
  return [
    rule('┏', '━', '┳', '┓'),
    line(header, '┃'),
    rule('┡', '━', '╇', '┩'),
    ...rows.map((row) => line(row, '│')),
    rule('└', '─', '┴', '┘'),
  ];
}

/** With its size as float32, in the units in which Keras gives it. */
function sized(parameters: number): string {
  const bytes = parameters * 4;
  const unit = Math.min(3, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const size = (bytes / 1024 ** unit).toFixed(2);
  return `${count(parameters)} (${size} ${['B', 'KB', 'MB', 'GB'][unit] ?? 'B'})`;
}
