/** What the pool and a decoder process say to each other over IPC (advanced serialisation). */

/** A file's path, or its bytes. */
export type ImageSource = string | Uint8Array;

export interface PixelSize {
  height: number;
  width: number;
  /** 1: luma; 3: RGB. */
  channels: number;
}

/** What a fully decoded image turned out to be; sizes after EXIF orientation. */
export interface Inspection {
  /** 'png', 'jpeg', 'webp', 'gif', 'bmp', 'tiff' or 'avif', by content. */
  format: string;
  width: number;
  height: number;
  /** 1 grey, 3 colour, 4 colour with transparency (2: grey with transparency). */
  channels: number;
  bitDepth: number;
}

export interface Identity {
  /** SHA-256 of the file's bytes, hex. */
  sha256: string;
  bytes: number;
}

export interface Display {
  bytes: Uint8Array;
  type: 'image/png' | 'image/webp';
}

export interface WordsRequest {
  text: string;
  /** Size of the font, and the width at which lines break, in points. */
  size: number;
  width: number | null;
  bold: boolean;
  /** '#1c1a18' */
  color: string;
}

export interface WordsPicture {
  png: Uint8Array;
  /** Points. */
  width: number;
  height: number;
  /** Characters that no font of this computer has: they stand in boxes with their code. */
  missing: string[];
}

export interface DecodeJobs {
  /** Reads and hashes, decodes nothing. */
  identify: { request: { source: ImageSource }; answer: Identity };
  /** Decodes fully; makes a thumbnail in the same pass when told the edge. */
  inspect: {
    request: { source: ImageSource; edge: number | null };
    answer: { info: Inspection; thumbnail: Uint8Array | null };
  };
  pixels: { request: { source: ImageSource; size: PixelSize }; answer: Uint8Array };
  display: { request: { source: ImageSource; edge: number | null }; answer: Display };
  /** Words as a PNG file, in the fonts of this computer. */
  words: { request: WordsRequest; answer: WordsPicture };
  /** Encodes raw pixels as PNG. */
  encode: {
    request: { data: Uint8Array; height: number; width: number; channels: number };
    answer: Uint8Array;
  };
}

export type DecodeKind = keyof DecodeJobs;

export type DecodeRequest = {
  [K in DecodeKind]: { id: number; kind: K } & DecodeJobs[K]['request'];
}[DecodeKind];

export type DecodeReply =
  | { id: number; ok: true; value: unknown }
  /** `reason` completes a sentence that begins with the file's name: 'is cut off'. */
  | { id: number; ok: false; reason: string; code: string };
