/**
 * Windows bitmaps, which libvips as it comes with sharp does not read: 1, 4, 8 (also run-length
 * encoded), 16, 24 and 32 bits, bit fields, top-down or bottom-up. After the BITMAPFILEHEADER /
 * BITMAPINFOHEADER pages of the Win32 documentation.
 */

export interface Bitmap {
  width: number;
  height: number;
  /** 3, or 4 when the file declares an alpha mask that is used. */
  channels: 3 | 4;
  bitsPerPixel: number;
  data: Uint8Array;
}

export class BmpError extends Error {}

const RGB = 0;
const RLE8 = 1;
const RLE4 = 2;
const BITFIELDS = 3;
const ALPHA_BITFIELDS = 6;

interface Header {
  width: number;
  height: number;
  topDown: boolean;
  bits: number;
  compression: number;
  offset: number;
  /** Packed as r, g, b. */
  palette: Uint8Array;
  masks: [number, number, number, number];
}

export function isBmp(bytes: Uint8Array): boolean {
  return bytes.length > 26 && bytes[0] === 0x42 && bytes[1] === 0x4d;
}

/** Width and height from the header alone. @throws BmpError */
export function bmpSize(bytes: Uint8Array): { width: number; height: number } {
  const { width, height } = readHeader(view(bytes));
  return { width, height };
}

/** @throws BmpError for a damaged or unknown file */
export function decodeBmp(bytes: Uint8Array): Bitmap {
  const file = view(bytes);
  const header = readHeader(file);
  if (header.compression === RLE8 || header.compression === RLE4) return decodeRuns(bytes, header);
  return header.bits <= 8 ? decodeIndexed(bytes, header) : decodeDirect(file, header);
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function readHeader(file: DataView): Header {
  const need = (length: number): void => {
    if (file.byteLength < length) throw new BmpError('it is cut off');
  };
  need(26);
  const offset = file.getUint32(10, true);
  const headerSize = file.getUint32(14, true);
  const core = headerSize === 12;
  if (!core && (headerSize < 40 || headerSize > 1024))
    throw new BmpError('its header is not known');
  need(14 + headerSize);
  const width = core ? file.getUint16(18, true) : file.getInt32(18, true);
  const signedHeight = core ? file.getUint16(20, true) : file.getInt32(22, true);
  const height = Math.abs(signedHeight);
  if (width <= 0 || height === 0) throw new BmpError('its size is not valid');
  const bits = file.getUint16(core ? 24 : 28, true);
  const compression = core ? RGB : file.getUint32(30, true);
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw new BmpError(`it has ${bits} bits a pixel`);
  const known: Record<number, number[]> = {
    [RGB]: [1, 4, 8, 16, 24, 32],
    [RLE8]: [8],
    [RLE4]: [4],
    [BITFIELDS]: [16, 32],
    [ALPHA_BITFIELDS]: [16, 32],
  };
  if (!known[compression]?.includes(bits)) throw new BmpError('its compression is not known');
  const masks = readMasks(file, headerSize, bits, compression, need);
  return {
    width,
    height,
    topDown: signedHeight < 0,
    bits,
    compression,
    offset,
    palette: bits <= 8 ? readPalette(file, headerSize, offset, bits, core) : new Uint8Array(0),
    masks,
  };
}

function readMasks(
  file: DataView,
  headerSize: number,
  bits: number,
  compression: number,
  need: (length: number) => void,
): Header['masks'] {
  if (compression === BITFIELDS || compression === ALPHA_BITFIELDS) {
    need(66);
    const at = (index: number): number => file.getUint32(54 + index * 4, true);
    const withAlpha = headerSize >= 56 || compression === ALPHA_BITFIELDS;
    if (withAlpha) need(70);
    return [at(0), at(1), at(2), withAlpha ? at(3) : 0];
  }
  if (bits === 16) return [0x7c00, 0x03e0, 0x001f, 0];
  return [0x00ff0000, 0x0000ff00, 0x000000ff, 0];
}

function readPalette(
  file: DataView,
  headerSize: number,
  offset: number,
  bits: number,
  core: boolean,
): Uint8Array {
  const start = 14 + headerSize;
  const entry = core ? 3 : 4;
  const declared = core ? 0 : file.getUint32(46, true);
  const room = Math.floor((Math.min(offset, file.byteLength) - start) / entry);
  const count = Math.max(0, Math.min(declared || 1 << bits, 1 << bits, room));
  const palette = new Uint8Array((1 << bits) * 3);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) palette[i * 3 + c] = file.getUint8(start + i * entry + 2 - c);
  }
  return palette;
}

/** Bytes of a row; rows are padded to four. */
function rowBytes(header: Header): number {
  return Math.ceil((header.width * header.bits) / 32) * 4;
}

function requirePixels(length: number, header: Header): void {
  // Some writers leave out the last row's padding.
  const last = Math.ceil((header.width * header.bits) / 8);
  if (length < header.offset + rowBytes(header) * (header.height - 1) + last) {
    throw new BmpError('it is cut off');
  }
}

function decodeIndexed(bytes: Uint8Array, header: Header): Bitmap {
  const { width, height, bits, palette } = header;
  requirePixels(bytes.length, header);
  const data = new Uint8Array(width * height * 3);
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  for (let y = 0; y < height; y++) {
    const row = header.offset + rowBytes(header) * (header.topDown ? y : height - 1 - y);
    for (let x = 0; x < width; x++) {
      const byte = bytes[row + Math.floor(x / perByte)]!;
      const index = (byte >> (8 - bits - (x % perByte) * bits)) & mask;
      for (let c = 0; c < 3; c++) data[(y * width + x) * 3 + c] = palette[index * 3 + c]!;
    }
  }
  return { width, height, channels: 3, bitsPerPixel: bits, data };
}

function decodeDirect(file: DataView, header: Header): Bitmap {
  const { width, height, bits } = header;
  requirePixels(file.byteLength, header);
  const read = header.masks.map(channelReader);
  const channels = header.masks[3] === 0 ? 3 : 4;
  const data = new Uint8Array(width * height * channels);
  const step = bits / 8;
  for (let y = 0; y < height; y++) {
    const row = header.offset + rowBytes(header) * (header.topDown ? y : height - 1 - y);
    for (let x = 0; x < width; x++) {
      const at = row + x * step;
      const value =
        bits === 16
          ? file.getUint16(at, true)
          : bits === 32
            ? file.getUint32(at, true)
            : file.getUint16(at, true) | (file.getUint8(at + 2) << 16);
      for (let c = 0; c < channels; c++) data[(y * width + x) * channels + c] = read[c]!(value);
    }
  }
  if (channels === 4 && transparent(data))
    return { ...opaque(data, width, height), bitsPerPixel: bits };
  return { width, height, channels, bitsPerPixel: bits, data };
}

/** Takes a channel out of a pixel and scales it to 8 bits. */
function channelReader(mask: number): (value: number) => number {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const max = mask >>> shift;
  return (value) => Math.round((((value & mask) >>> shift) * 255) / max);
}

/** Many writers declare an alpha channel and leave it at zero: that means opaque. */
function transparent(data: Uint8Array): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 0) return false;
  return true;
}

function opaque(rgba: Uint8Array, width: number, height: number): Omit<Bitmap, 'bitsPerPixel'> {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data.set(rgba.subarray(i * 4, i * 4 + 3), i * 3);
  return { width, height, channels: 3, data };
}

function decodeRuns(bytes: Uint8Array, header: Header): Bitmap {
  const { width, height, palette } = header;
  const four = header.compression === RLE4;
  const indices = new Uint8Array(width * height);
  let at = header.offset;
  let x = 0;
  let y = 0;
  const put = (index: number): void => {
    // Pixels beyond the edge are written by some encoders and mean nothing.
    if (x < width && y < height) indices[y * width + x] = index;
    x++;
  };
  const next = (): number => {
    const byte = bytes[at++];
    if (byte === undefined) throw new BmpError('it is cut off');
    return byte;
  };
  while (y < height) {
    const count = next();
    const value = next();
    if (count > 0) {
      for (let i = 0; i < count; i++) put(four ? (i % 2 === 0 ? value >> 4 : value & 15) : value);
    } else if (value === 0) {
      x = 0;
      y++;
    } else if (value === 1) {
      break;
    } else if (value === 2) {
      x += next();
      y += next();
    } else {
      const length = four ? Math.ceil(value / 2) : value;
      for (let i = 0; i < length; i++) {
        const byte = next();
        put(four ? byte >> 4 : byte);
        if (four && i * 2 + 1 < value) put(byte & 15);
      }
      if (length % 2 === 1) at++;
    }
  }
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const source = header.topDown ? row : height - 1 - row;
    for (let column = 0; column < width; column++) {
      const index = indices[source * width + column]!;
      for (let c = 0; c < 3; c++) data[(row * width + column) * 3 + c] = palette[index * 3 + c]!;
    }
  }
  return { width, height, channels: 3, bitsPerPixel: header.bits, data };
}
