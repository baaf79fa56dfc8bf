/** What the pool and a decoder process say to each other over IPC (advanced serialisation). */

export interface PixelSize {
  height: number;
  width: number;
  /** 1: luma; 3: RGB. */
  channels: number;
}

/** What a fully decoded image turned out to be; sizes after EXIF orientation. */
export interface Inspection {
  format: string;
  width: number;
  height: number;
  /** 1 grey, 3 colour, 4 colour with transparency. */
  channels: number;
  bitDepth: number;
}

export interface Display {
  bytes: Uint8Array;
  type: 'image/png' | 'image/webp';
}
