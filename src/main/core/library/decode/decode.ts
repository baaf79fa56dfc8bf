/**
 * Image files to pixels. Runs in decoder processes only: hostile files meet native decoders here.
 * Content decides what a file is, never its name.
 */
import { open, stat } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp';
import { toModelInput, type Picture } from '#shared/resize.ts';
import { hasImageSignature } from './signatures.ts';
import { decoderReason, systemReason } from './reasons.ts';
import { BmpError, bmpSize, decodeBmp, isBmp } from './bmp.ts';
import type { Display, Identity, ImageSource, Inspection, PixelSize } from './protocol.ts';

/** Larger pictures are refused by their header, before anything is decoded. */
export const MAX_PIXELS = 100_000_000;
const MAX_FILE_BYTES = 1024 ** 3;
/** A converted picture with more pixels than this is sent as WebP: PNG would take seconds. */
const PNG_MAX_PIXELS = 4_000_000;

/** Why a file cannot be used; `message` completes '<file> …'. */
export class UnreadableError extends Error {}

export async function readSource(source: ImageSource): Promise<Buffer> {
  if (typeof source !== 'string') {
    return Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  }
  const stats = await stat(source);
  if (!stats.isFile()) throw new UnreadableError('is not a file');
  if (stats.size > MAX_FILE_BYTES) throw new UnreadableError('is larger than 1 GB');
  const file = await open(source);
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

export function identify(bytes: Buffer): Identity {
  return { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
}

const formats: Record<string, string> = {
  jpeg: 'jpeg',
  png: 'png',
  webp: 'webp',
  gif: 'gif',
  tiff: 'tiff',
  heif: 'avif',
};

interface Opened {
  info: Inspection;
  /** A fresh pipeline for each use, with the orientation applied. */
  pipeline: (failOn?: SharpOptions['failOn']) => Sharp;
}

async function openImage(bytes: Buffer): Promise<Opened> {
  if (bytes.length === 0) throw new UnreadableError('is empty (0 bytes)');
  if (isBmp(bytes)) return openBmp(bytes);
  const pipeline = (failOn: SharpOptions['failOn'] = 'warning'): Sharp =>
    sharp(bytes, {
      failOn,
      limitInputPixels: MAX_PIXELS,
      sequentialRead: true,
      autoOrient: true,
      // One frame or page: the first.
      pages: 1,
    });
  const metadata = await readMetadata(bytes);
  const format = formats[metadata.format];
  if (!format || (format === 'avif' && metadata.compression !== 'av1')) {
    throw new UnreadableError('is not a PNG, JPEG, WebP, GIF, BMP, TIFF or AVIF image');
  }
  const { width, height } = metadata.autoOrient;
  checkSize(width, height);
  return {
    pipeline,
    info: {
      format,
      width,
      height,
      channels: channelsOf(metadata),
      bitDepth: bitDepthOf(metadata),
    },
  };
}

async function readMetadata(bytes: Buffer): Promise<Metadata> {
  try {
    return await sharp(bytes, { limitInputPixels: false, pages: 1 }).metadata();
  } catch (error) {
    const unknown = /unsupported image format/i.test(messageOf(error));
    if (unknown && hasImageSignature(bytes)) throw new UnreadableError('is damaged: it is cut off');
    throw error;
  }
}

function openBmp(bytes: Buffer): Opened {
  const { width, height } = bmpSize(bytes);
  checkSize(width, height);
  const bitmap = decodeBmp(bytes);
  const { channels, bitsPerPixel } = bitmap;
  return {
    pipeline: () => sharp(bitmap.data, { raw: { width, height, channels } }),
    info: { format: 'bmp', width, height, channels, bitDepth: Math.min(bitsPerPixel, 8) },
  };
}

function checkSize(width: number, height: number): void {
  if (width * height > MAX_PIXELS) {
    const size = `${width.toLocaleString('en')} × ${height.toLocaleString('en')}`;
    throw new UnreadableError(
      `has ${size} pixels, more than the ${MAX_PIXELS / 1e6} megapixels that can be read`,
    );
  }
}

function isGrey(metadata: Metadata): boolean {
  return metadata.space === 'b-w' || metadata.space === 'grey16';
}

function channelsOf(metadata: Metadata): number {
  return (isGrey(metadata) ? 1 : 3) + (metadata.hasAlpha ? 1 : 0);
}

function bitDepthOf(metadata: Metadata): number {
  if (metadata.bitsPerSample) return metadata.bitsPerSample;
  const depths: Record<string, number> = { uchar: 8, char: 8, ushort: 16, short: 16, float: 32 };
  return depths[metadata.depth] ?? 32;
}

/**
 * Warnings that do not mean damage: cameras and editors write such files every day (TIFF tags that
 * libtiff does not know come without their text). Any other warning is taken for damage, since a
 * half-decoded picture would be trained on.
 */
const harmless =
  /^Warning treated as error|extraneous bytes before marker|unknown field with tag|incorrect sRGB profile|iCCP|exif|xmp|icc profile|known incorrect|unknown chunk|CRC error in|tEXt|zTXt|iTXt|eXIf|gAMA|cHRM|Invalid SOS parameters/i;

async function decodeWith<T>(opened: Opened, use: (pipeline: Sharp) => Promise<T>): Promise<T> {
  try {
    return await use(opened.pipeline());
  } catch (error) {
    const lines = messageOf(error).split('\n').filter(Boolean);
    if (lines.length === 0 || !lines.every((line) => harmless.test(line))) throw error;
    return await use(opened.pipeline('error'));
  }
}

/**
 * Decodes fully, which is how damage is found.
 * @param edge longest edge of the thumbnail to make in the same pass; null for none
 */
export async function inspect(
  bytes: Buffer,
  edge: number | null,
): Promise<{ info: Inspection; thumbnail: Uint8Array | null }> {
  const opened = await openImage(bytes);
  const { info } = opened;
  const thumbnail = await decodeWith(opened, async (pipeline) => {
    if (edge === null) {
      await pipeline.stats();
      return null;
    }
    return thumbnailOf(pipeline, info, edge);
  });
  return { info, thumbnail };
}

function thumbnailOf(pipeline: Sharp, info: Inspection, edge: number): Promise<Uint8Array> {
  const eight = pipeline.toColourspace(info.channels < 3 ? 'b-w' : 'srgb');
  if (small(info, edge)) return eight.png().toBuffer();
  return eight
    .resize(edge, edge, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 82, effort: 2 })
    .toBuffer();
}

/** Small pictures are kept pixel for pixel; the window scales them with hard edges. */
function small(info: Inspection, edge: number): boolean {
  return info.width <= edge && info.height <= edge;
}

async function toPicture(opened: Opened): Promise<Picture> {
  const grey = opened.info.channels < 3;
  return decodeWith(opened, async (pipeline) => {
    const { data, info } = await pipeline
      .flatten({ background: '#ffffff' })
      .toColourspace(grey ? 'b-w' : 'srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { data, height: info.height, width: info.width, channels: info.channels };
  });
}

/** As a model takes it; see `#shared/resize.ts`. */
export async function pixels(bytes: Buffer, size: PixelSize): Promise<Uint8Array> {
  return toModelInput(await toPicture(await openImage(bytes)), size);
}

/** In a form that any browser shows. */
export async function display(bytes: Buffer, edge: number | null): Promise<Display> {
  const opened = await openImage(bytes);
  const { width, height } = opened.info;
  const shrink = edge !== null && !small(opened.info, edge);
  const png = !shrink && width * height <= PNG_MAX_PIXELS;
  const encoded = await decodeWith(opened, (pipeline) => {
    const sized = shrink ? pipeline.resize(edge, edge, { fit: 'inside' }) : pipeline;
    const eight = sized.toColourspace(opened.info.channels < 3 ? 'b-w' : 'srgb');
    return (
      png ? eight.png({ compressionLevel: 3 }) : eight.webp({ quality: 90, effort: 2 })
    ).toBuffer();
  });
  return { bytes: encoded, type: png ? 'image/png' : 'image/webp' };
}

export async function encode(picture: Picture): Promise<Uint8Array> {
  const { data, width, height } = picture;
  const channels = picture.channels as 1 | 3;
  return sharp(data, { raw: { width, height, channels } })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png({ compressionLevel: 6 })
    .toBuffer();
}

/** Any error of reading or decoding as the end of a sentence that begins with the file's name. */
export function reasonOf(error: unknown): string {
  if (error instanceof UnreadableError) return error.message;
  if (error instanceof BmpError) return `is damaged: ${error.message}`;
  const { code } = error as NodeJS.ErrnoException;
  return systemReason(code) ?? decoderReason(messageOf(error), MAX_PIXELS);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
