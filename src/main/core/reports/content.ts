/** What a report says, before it is a page or a PDF. */

export interface Fact {
  label: string;
  value: string;
}

export interface Table {
  head: string[];
  /** Columns of numbers stand to the right. */
  numeric: boolean[];
  rows: string[][];
}

export interface Picture {
  /** PNG. */
  png: Uint8Array;
  /** Pixels. */
  width: number;
  height: number;
  caption: string;
}

/** A drawing in both forms; the font of a PDF is not that of a page. */
export type Drawing = (font: string) => string;

export interface Section {
  title: string;
  /** Sentences. */
  text: string[];
  facts?: Fact[];
  drawings?: Drawing[];
  table?: Table;
  pictures?: Picture[];
}

export interface ReportContent {
  title: string;
  subtitle: string;
  sections: Section[];
  footer: string;
}
