import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Content } from 'pdfmake';
import type { TDocumentDefinitions } from 'pdfmake/interfaces.js';
import { count } from '#shared/format.ts';
import { unescapeXml } from '#shared/xml.ts';
import type { CoreContext } from '../context.ts';
import type { Drawing, Fact, Picture, ReportContent, Section, Table } from './content.ts';
import { dataUrl, Words, type Look } from './words.ts';

const font = 'Roboto';
const quiet = '#6a655e';
const line = '#e2ded8';
/** A4 between its margins, in points. */
const pageWidth = 595 - 2 * 44;
const factColumns = 3;
const pictureColumns = 4;
/** Rows of a table that stays on one page. */
const mostUnbroken = 30;

/**
 * A4, with page numbers; text can be searched and copied, drawings stay drawings. Texts in scripts that
 * the font lacks are pictures.
 */
export async function reportPdf(
  context: Pick<CoreContext, 'decoders'>,
  content: ReportContent,
  signal?: AbortSignal,
): Promise<Uint8Array> {
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
    const words = new Words(Buffer.from(faces[files.normal]!, 'base64'));
    const shown = printable(content);
    new Pages(words).document(shown);
    await words.draw(context, signal);
    return await pdfMake.createPdf(new Pages(words).document(shown)).getBuffer();
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

const ink = '#1c1a18';
const textSize = 9.5;
const smallSize = 7.5;
/** A cell of a table is as wide as its text, but no wider than this where that is a picture. */
const cellWidth = 170;
/** Of texts in drawings, where they do not say. */
const drawnSize = 11;

/** The same content, in pdfmake's terms. */
class Pages {
  readonly #words: Words;

  constructor(words: Words) {
    this.#words = words;
  }

  document({ title, subtitle, sections, footer }: ReportContent): TDocumentDefinitions {
    const pages: Content[] = [
      this.#text(title, { size: 20, bold: true }),
      { stack: [this.#text(subtitle, { color: quiet })], margin: [0, 2, 0, 0] },
      ...sections.flatMap((section) => this.#section(section)),
    ];
    const missing = [...this.#words.missing];
    if (missing.length > 0) {
      const codes = missing
        .slice(0, 12)
        .map((one) => one.codePointAt(0)!.toString(16).toUpperCase());
      const more = missing.length > codes.length ? ', …' : '';
      pages.push({
        text: `No font of this computer has ${count(missing.length, 'character')} of this report (${codes.join(', ')}${more}): each stands in a box with its Unicode number. The HTML report shows them on a computer that has such a font.`,
        color: quiet,
        margin: [0, 18, 0, 0],
      });
    }
    return {
      info: { title },
      pageSize: 'A4',
      pageMargins: [44, 44, 44, 52],
      defaultStyle: { font, fontSize: textSize, lineHeight: 1.2, color: ink },
      footer: (page: number, all: number): Content => ({
        columns: [
          { text: footer, width: '*' },
          { text: `${page} / ${all}`, width: 'auto' },
        ],
        margin: [44, 18, 44, 0],
        fontSize: smallSize,
        color: quiet,
      }),
      content: pages,
    };
  }

  /** As text, or as a picture of it. */
  #text(
    text: string,
    { size = textSize, bold = false, color = ink, width = pageWidth }: Partial<Look> = {},
  ): { text: string } | { image: string; width: number; height: number } {
    const picture = this.#words.picture(text, { size, bold, color, width });
    if (!picture) return { text, fontSize: size, bold, color } as { text: string };
    return { image: dataUrl(picture.png), width: picture.width, height: picture.height };
  }

  #section({ title, text, facts, drawings, table, pictures }: Section): Content[] {
    const heading: Content = {
      stack: [this.#text(title, { size: 13, bold: true })],
      margin: [0, 18, 0, 5],
    };
    const lines = text.map((one): Content => ({ stack: [this.#text(one)], margin: [0, 0, 0, 3] }));
    const parts: Content[] = [
      ...(facts ? [this.#facts(facts)] : []),
      ...(drawings ? [drawingRow(drawings.map((draw) => this.#drawing(draw(font))))] : []),
      ...(table ? [this.#table(table)] : []),
      ...(pictures ? [this.#pictures(pictures)] : []),
    ];
    // A heading does not stand alone at the foot of a page; only a long table begins below it.
    const [first, ...rest] = [...lines, ...parts];
    const long = table !== undefined && table.rows.length > mostUnbroken;
    if (long) return [heading, ...lines, ...parts];
    const row = pictures !== undefined && pictures.length <= pictureColumns;
    if (table || row) return [{ stack: [heading, ...lines, ...parts], unbreakable: true }];
    return [{ stack: [heading, first ?? ''], unbreakable: true }, ...rest];
  }

  #facts(facts: readonly Fact[]): Content {
    const width = pageWidth / factColumns - 12;
    const cell = ({ label, value }: Fact): Content => ({
      stack: [{ text: label, fontSize: smallSize, color: quiet }, this.#text(value, { width })],
    });
    return grid(facts.map(cell), factColumns, 4);
  }

  #table({ head, numeric, rows }: Table): Content {
    const aligned = (column: number) => ({
      alignment: numeric[column] ? ('right' as const) : ('left' as const),
    });
    return {
      table: {
        headerRows: 1,
        dontBreakRows: true,
        widths: head.map((_, column) => (column === 0 ? '*' : 'auto')),
        body: [
          head.map((text, column) => ({
            text,
            ...aligned(column),
            fontSize: smallSize,
            color: quiet,
          })),
          ...rows.map((row) =>
            row.map((text, column) => ({
              ...this.#text(text, { width: cellWidth }),
              ...aligned(column),
            })),
          ),
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

  #pictures(pictures: readonly Picture[]): Content {
    const [only] = pictures;
    const columns = pictures.length === 1 && only!.width > 200 ? 1 : pictureColumns;
    const room = pageWidth / columns - 16;
    return grid(
      pictures.map(({ png, width, height, caption }): Content => {
        const scale = Math.min(1, room / Math.max(width, height)) * (columns === 1 ? 0.8 : 1);
        return {
          stack: [
            { image: dataUrl(png), width: width * scale, height: height * scale },
            {
              stack: [this.#text(caption, { size: smallSize, width: room })],
              margin: [0, 3, 0, 0],
            },
          ],
        };
      }),
      columns,
      5,
    );
  }

  /** Texts of a drawing stand where they stood: their pictures are moved and turned as they were. */
  #drawing(svg: string): string {
    return svg.replace(/<text([^>]*)>([^<]*)<\/text>/g, (whole, given: string, inner: string) => {
      const attribute = (name: string): string | null =>
        new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(given)?.[1] ?? null;
      const size = Number(attribute('font-size') ?? drawnSize);
      const color = attribute('fill') ?? ink;
      const look = { size, bold: false, color, width: null };
      const picture = this.#words.picture(unescapeXml(inner), look);
      if (!picture) return whole;
      const { width, height, png } = picture;
      const anchor = attribute('text-anchor');
      const left = anchor === 'end' ? width : anchor === 'middle' ? width / 2 : 0;
      const x = Number(attribute('x') ?? 0) - left;
      // The line that letters stand on is about a fifth above the picture's lower edge.
      const y = Number(attribute('y') ?? 0) - height * 0.8;
      const turned = attribute('transform');
      return `<image x="${x}" y="${y}" width="${width}" height="${height}"${turned ? ` transform="${turned}"` : ''} xlink:href="${dataUrl(png)}"/>`;
    });
  }
}

function inRows<T>(items: readonly T[], columns: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / columns) }, (_, row) =>
    items.slice(row * columns, (row + 1) * columns),
  );
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
