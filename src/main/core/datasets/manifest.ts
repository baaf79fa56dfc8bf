/** Images in folders by split, and one table of all: CSV, or a JSON object a line. */
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetImage, DatasetInfo, DatasetWriter, Format } from './format.ts';
import { splitName } from './format.ts';
import { ImageFiles } from './image-files.ts';

interface Row {
  file: string;
  class: string | null;
  label: number | null;
  split: string | null;
  width: number;
  height: number;
  sha256: string;
}

const columns = ['file', 'class', 'label', 'split', 'width', 'height', 'sha256'] as const;

const rowOf = (file: string, image: DatasetImage): Row => ({
  file,
  class: image.className,
  label: image.label,
  split: image.split,
  width: image.width,
  height: image.height,
  sha256: image.sha256,
});

/** RFC 4180: quotes around what could be mistaken, doubled inside. */
function csvCell(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function openTable(
  directory: string,
  name: string,
  head: string,
  line: (row: Row) => string,
): DatasetWriter {
  const files = new ImageFiles(directory);
  let table: Promise<FileHandle> | undefined;
  const opened = (): Promise<FileHandle> =>
    (table ??= open(join(directory, name), 'wx').then(async (handle) => {
      await handle.appendFile(head);
      return handle;
    }));
  return {
    add: async (image, bytes) => {
      const folder = `images/${splitName(image.split)}`;
      const file = await files.write(folder, image.fileName, bytes);
      await (await opened()).appendFile(line(rowOf(file, image)));
    },
    finish: async () => {
      await (await opened()).close();
    },
  };
}

export const csv: Format = {
  id: 'csv',
  name: 'CSV table',
  purpose: 'Images in one folder and a table for spreadsheets, pandas and scripts.',
  unlabeled: true,
  usage: `\`\`\`python
import pandas
table = pandas.read_csv("manifest.csv")
\`\`\`
`,
  open: (directory: string, _info: DatasetInfo) =>
    openTable(
      directory,
      'manifest.csv',
      `${columns.join(',')}\r\n`,
      (row) => `${columns.map((column) => csvCell(row[column])).join(',')}\r\n`,
    ),
};

export const jsonl: Format = {
  id: 'jsonl',
  name: 'JSON lines',
  purpose: 'Images in one folder and one JSON object a line, for scripts.',
  unlabeled: true,
  usage: `\`\`\`python
import json
rows = [json.loads(line) for line in open("manifest.jsonl", encoding="utf-8")]
\`\`\`
`,
  open: (directory: string, _info: DatasetInfo) =>
    openTable(directory, 'manifest.jsonl', '', (row) => `${JSON.stringify(row)}\n`),
};
