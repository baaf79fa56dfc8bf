/** The table of docs/interop.md, from the figures that the tests left. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Row {
  format: string;
  /** With its version. */
  client: string;
  model: string;
  images: number;
  agreement: number;
  maxDifference: number;
}

const root = join(import.meta.dirname, '../..');
export const resultsFolder = join(root, 'test-results/interop');
const page = join(root, 'docs/interop.md');
const [START, END] = ['<!-- measured -->', '<!-- /measured -->'];
const header = ['Format', 'Client', 'Model', 'Images', 'Top class', 'Largest difference'];

function cells({ format, client, model, images, agreement, maxDifference }: Row): string[] {
  const share = `${(agreement * 100).toFixed(1)} %`;
  return [format, client, model, `${images}`, share, maxDifference.toExponential(1)];
}

/** Format, program (without its version) and model: a newer figure takes the place of an older one. */
const keyOf = ([format, client = '', model]: string[]): string =>
  [format, client.replace(/ [\d.].*$/, ''), model].join('|');

/** Rows of formats that were not tried this time stay. */
export function writeTable(): void {
  if (!existsSync(resultsFolder)) return;
  const fresh = readdirSync(resultsFolder).map((name) =>
    cells(JSON.parse(readFileSync(join(resultsFolder, name), 'utf8')) as Row),
  );
  rmSync(resultsFolder, { recursive: true });
  const text = readFileSync(page, 'utf8');
  const [before = '', rest = ''] = text.split(START);
  const [old = '', after = ''] = rest.split(END);
  const kept = old
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim())); // prettier-ignore
  const rows = new Map([...kept, ...fresh].map((row) => [keyOf(row), row]));
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  writeFileSync(page, `${before}${START}\n\n${markdown(sorted)}\n${END}${after}`);
}

/** As prettier lays tables out. */
function markdown(rows: string[][]): string {
  const widths = header.map((_, column) =>
    Math.max(3, ...[header, ...rows].map((row) => (row[column] ?? '').length)),
  );
  const right = (column: number) => column >= 3;
  const line = (row: string[]) =>
    `| ${row
      .map((cell, column) =>
        right(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join(' | ')} |\n`;
  const rule = widths.map((width, column) =>
    right(column) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  return `${line(header)}${line(rule)}${rows.map(line).join('')}`;
}
