/** What a data set format is to the rest: it is given images one by one, and writes them. */
import type { DatasetFormat, Split } from '#shared/contract/index.ts';

/** An image to be written. */
export interface DatasetImage {
  id: number;
  /** Name at its source without folders, safe on every file system, with its extension. */
  fileName: string;
  split: Split | null;
  /** Index into the classes; null without a label. */
  label: number | null;
  className: string | null;
  width: number;
  height: number;
  /** 'jpeg', 'png' … as the bytes are. */
  format: string;
  /** Of the bytes, in hex. */
  sha256: string;
}

export interface DatasetInfo {
  project: string;
  /** In display order; labels are indices into it. */
  classes: readonly string[];
  /** Fovea's. */
  version: string;
}

export interface DatasetWriter {
  /** @param bytes the image's file, to be kept to the bit */
  add(image: DatasetImage, bytes: Uint8Array): Promise<void>;
  finish(): Promise<void>;
}

export interface Format {
  id: DatasetFormat;
  name: string;
  purpose: string;
  unlabeled: boolean;
  /** How to read it, for the README; as Markdown. */
  usage: string;
  /** @param directory exists and is empty */
  open(directory: string, info: DatasetInfo): DatasetWriter;
}

/** Folder or file of a split; images without one have their own. */
export const splitName = (split: Split | null): string => split ?? 'unsplit';
