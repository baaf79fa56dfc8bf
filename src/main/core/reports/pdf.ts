import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Content } from 'pdfmake';
import type { TDocumentDefinitions } from 'pdfmake/interfaces.js';
import type { Drawing, Fact, Picture, ReportContent, Section, Table } from './content.ts';

const font = 'Roboto';
const quiet = '#6a655e';
const line = '#e2ded8';
/** A4 between its margins, in points. */
const pageWidth = 595 - 2 * 44;
const factColumns = 3;
const pictureColumns = 4;
/** Rows of a table that stays on one page. */
const mostUnbroken = 30;

type Document = Record<string, unknown>;

/** A4, with page numbers; text can be searched and copied, drawings stay drawings. */
export async function reportPdf(content: ReportContent): Promise<Uint8Array> {
  // Loaded when the first PDF is made: fonts and all, it is larger than the rest of the core.
  const [{ default: pdfMake }, { default: faces }] = await Promise.all([
    import('pdfmake'),
    import('pdfmake/build/vfs_fonts.js'),
  ]);
  // Text in drawings takes its font from a file, and from nothing else.
  const folder = await mkdtemp(join(tmpdir(), 'fovea-report-'));
  try {
    const files = { normal: 'Roboto-Regular.ttf', bold: 'Roboto-Medium.ttf' };
    const paths = { normal: join(folder, files.normal), bold: join(folder, files.bold) };
    await Promise.all([
      writeFile(paths.normal, faces[files.normal]!, 'base64'),
      writeFile(paths.bold, faces[files.bold]!, 'base64'),
    ]);
    pdfMake.setFonts({ [font]: paths });
    // Everything is inside already: what is asked for beside that would be a mistake.
    pdfMake.setUrlAccessPolicy(() => false);
    pdfMake.setLocalAccessPolicy((path) => path.startsWith(folder));
    return await pdfMake.createPdf(documentOf(printable(content))).getBuffer();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Characters that the font lacks, as ones that it has. */
const substitutes: Record<string, string> = { '\u202f': '\u00a0', '↔': '–' };
const plain = (text: string): string =>
  text.replace(/[\u202f↔]/g, (character) => substitutes[character]!);

/** The same content, every text of it in the font's characters. */
function printable<T>(value: T): T {
  if (typeof value === 'string') return plain(value) as T;
  if (Array.isArray(value)) return value.map((one: unknown) => printable(one)) as T;
  if (typeof value === 'function') {
    const draw = value as unknown as Drawing;
    return ((family: string) => plain(draw(family))) as T;
  }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => [key, printable(inner)]),
  ) as T;
}

function documentOf({ title, subtitle, sections, footer }: ReportContent): TDocumentDefinitions {
  return {
    info: { title },
    pageSize: 'A4',
    pageMargins: [44, 44, 44, 52],
    defaultStyle: { font, fontSize: 9.5, lineHeight: 1.2, color: '#1c1a18' },
    footer: (page: number, pages: number): Content => ({
      columns: [
        { text: footer, width: '*' },
        { text: `${page} / ${pages}`, width: 'auto' },
      ],
      margin: [44, 18, 44, 0],
      fontSize: 7.5,
      color: quiet,
    }),
    content: [
      { text: title, fontSize: 20, bold: true },
      { text: subtitle, color: quiet, margin: [0, 2, 0, 0] },
      ...sections.flatMap(sectionContent),
    ],
  };
}

function sectionContent({ title, text, facts, drawings, table, pictures }: Section): Content[] {
  const heading: Content = { text: title, fontSize: 13, bold: true, margin: [0, 18, 0, 5] };
  const lines = text.map((one): Content => ({ text: one, margin: [0, 0, 0, 3] }));
  const parts: Content[] = [
    ...(facts ? [factGrid(facts)] : []),
    ...(drawings ? [drawingRow(drawings.map((draw) => draw(font)))] : []),
    ...(table ? [tableContent(table)] : []),
    ...(pictures ? [pictureGrid(pictures)] : []),
  ];
  // A heading does not stand alone at the foot of a page; only a long table begins below it.
  const [first, ...rest] = [...lines, ...parts];
  const long = table !== undefined && table.rows.length > mostUnbroken;
  if (long) return [heading, ...lines, ...parts];
  if (table) return [{ stack: [heading, ...lines, ...parts], unbreakable: true }];
  return [{ stack: [heading, first ?? ''], unbreakable: true }, ...rest];
}

function inRows<T>(items: readonly T[], columns: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / columns) }, (_, row) =>
    items.slice(row * columns, (row + 1) * columns),
  );
}

function factGrid(facts: readonly Fact[]): Content {
  const cell = ({ label, value }: Fact): Content => ({
    stack: [{ text: label, fontSize: 7.5, color: quiet }, { text: value }],
  });
  return grid(facts.map(cell), factColumns, 4);
}

/** Cells in columns of one width; a row stays on one page. */
function grid(cells: readonly Content[], columns: number, gap: number): Content {
  const body = inRows(cells, columns).map((row) => [
    ...row,
    ...new Array<string>(columns - row.length).fill(''),
  ]);
  return {
    table: { widths: new Array<string>(columns).fill('*'), body, dontBreakRows: true },
    layout: {
      hLineWidth: () => 0,
      vLineWidth: () => 0,
      paddingLeft: (column: number) => (column === 0 ? 0 : 6),
      paddingRight: () => 6,
      paddingTop: () => gap,
      paddingBottom: () => gap,
    },
  };
}

function drawingRow(drawings: readonly string[]): Content {
  if (drawings.length === 1) {
    const [, width = '0', height = '0'] = /width="(\d+)" height="(\d+)"/.exec(drawings[0]!) ?? [];
    const scale = Math.min(1, pageWidth / Number(width), 620 / Number(height));
    return { svg: drawings[0]!, width: Number(width) * scale, margin: [0, 4, 0, 4] };
  }
  const width = (pageWidth - 12) / drawings.length;
  return { columns: drawings.map((svg) => ({ svg, width })), columnGap: 12, margin: [0, 4, 0, 4] };
}

function tableContent({ head, numeric, rows }: Table): Content {
  const cell = (text: string, column: number, more: Document = {}): Content => ({
    text,
    alignment: numeric[column] ? 'right' : 'left',
    ...more,
  });
  return {
    table: {
      headerRows: 1,
      dontBreakRows: true,
      widths: head.map((_, column) => (column === 0 ? '*' : 'auto')),
      body: [
        head.map((text, column) => cell(text, column, { fontSize: 7.5, color: quiet })),
        ...rows.map((row) => row.map((text, column) => cell(text, column))),
      ],
    },
    layout: {
      hLineWidth: (row: number) => (row === 0 ? 0 : 0.5),
      vLineWidth: () => 0,
      hLineColor: () => line,
      paddingLeft: (column: number) => (column === 0 ? 0 : 8),
      paddingRight: () => 8,
      paddingTop: () => 3,
      paddingBottom: () => 3,
    },
  };
}

function pictureGrid(pictures: readonly Picture[]): Content {
  const [only] = pictures;
  const columns = pictures.length === 1 && only!.width > 200 ? 1 : pictureColumns;
  const room = pageWidth / columns - 16;
  return grid(
    pictures.map(({ png, width, height, caption }): Content => {
      const scale = Math.min(1, room / Math.max(width, height)) * (columns === 1 ? 0.8 : 1);
      return {
        stack: [
          {
            image: `data:image/png;base64,${Buffer.from(png).toString('base64')}`,
            width: width * scale,
            height: height * scale,
          },
          { text: caption, fontSize: 7.5, margin: [0, 3, 0, 0] },
        ],
      };
    }),
    columns,
    5,
  );
}
