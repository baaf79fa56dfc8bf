/** Pictures of many kinds, made on the spot: nothing but code is kept in the repository. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

/** A picture with some structure, different for each seed. */
export function picture(width: number, height: number, seed: number): Sharp {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      data[at] = (x * 5 + seed * 31) & 255;
      data[at + 1] = (y * 3 + seed * 57) & 255;
      data[at + 2] = ((x ^ y) + seed * 11) & 255;
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** Red left half, blue right half. */
export async function twoHalves(width: number, height: number): Promise<Buffer> {
  const blue = await sharp({
    create: { width: width / 2, height, channels: 3, background: '#0000ff' },
  })
    .png()
    .toBuffer();
  return sharp({ create: { width, height, channels: 3, background: '#ff0000' } })
    .composite([{ input: blue, left: width / 2, top: 0 }])
    .png()
    .toBuffer();
}

/** A 24-bit bottom-up bitmap. */
export function bmp(width: number, height: number, seed: number): Buffer {
  const row = Math.ceil((width * 3) / 4) * 4;
  const bytes = Buffer.alloc(54 + row * height);
  bytes.write('BM');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width * 3; x++)
      bytes[54 + y * row + x] = (x * 7 + y * 13 + seed * 29) & 255;
  }
  return bytes;
}

/** A valid black PNG of any size in a few kilobytes: one bit a pixel. */
export function blankPng(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  const rows = Buffer.alloc((1 + Math.ceil(width / 8)) * height);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const kinds = [
  'jpg',
  'png',
  'webp',
  'gif',
  'tiff',
  'avif',
  'bmp',
  'png16',
  'grey',
  'alpha',
  'cmyk',
  'exif',
] as const;
export type PictureKind = (typeof kinds)[number];

export async function encoded(
  kind: PictureKind,
  width: number,
  height: number,
  seed: number,
): Promise<Buffer> {
  const source = picture(width, height, seed);
  switch (kind) {
    case 'jpg':
      return source.jpeg().toBuffer();
    case 'png':
      return source.png().toBuffer();
    case 'webp':
      return source.webp().toBuffer();
    case 'gif':
      return source.gif().toBuffer();
    case 'tiff':
      return source.tiff({ compression: 'lzw' }).toBuffer();
    case 'avif':
      return source.avif({ effort: 0 }).toBuffer();
    case 'bmp':
      return bmp(width, height, seed);
    case 'png16':
      return source.toColourspace('rgb16').png().toBuffer();
    case 'grey':
      return source.toColourspace('b-w').png().toBuffer();
    case 'alpha':
      return source.ensureAlpha(0.5).png().toBuffer();
    case 'cmyk':
      return source.toColourspace('cmyk').jpeg().toBuffer();
    case 'exif':
      return source.jpeg().withMetadata({ orientation: 6 }).toBuffer();
  }
}

function put(path: string, bytes: Buffer | string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

/**
 * A folder as users have them: `good` pictures in three classes, and everything that can be wrong.
 * @returns names (below `root`) of what is wrong
 */
export async function writeTorture(root: string, good: number): Promise<string[]> {
  const classes = ['cats and dogs', '猫', '🐟 fish'];
  for (let i = 0; i < good; i++) {
    const kind = kinds[i % kinds.length]!;
    const extension = {
      png16: 'png',
      grey: 'png',
      alpha: 'png',
      cmyk: 'jpg',
      exif: 'jpg',
    } as Record<string, string>;
    const width = 24 + ((i * 37) % 400);
    const height = 24 + ((i * 53) % 300);
    const name = `Bild ${i} é 图.${extension[kind] ?? kind}`;
    put(join(root, classes[i % 3]!, name), await encoded(kind, width, height, i));
  }
  const bad: string[] = [];
  const spoil = (name: string, bytes: Buffer | string): void => {
    put(join(root, name), bytes);
    bad.push(name);
  };
  for (const [i, kind] of (
    ['jpg', 'png', 'webp', 'gif', 'tiff', 'avif', 'bmp', 'png16'] as const
  ).entries()) {
    const bytes = await encoded(kind, 200, 150, 5000 + i);
    spoil(
      `猫/cut ${kind}.${kind === 'png16' ? 'png' : kind}`,
      bytes.subarray(0, bytes.length >> 1),
    );
  }
  const png = await encoded('png', 300, 200, 6000);
  png.fill(7, png.length >> 1, (png.length >> 1) + 80);
  spoil('猫/overwritten.png', png);
  spoil('猫/noise.png', Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i * 7) & 255)));
  spoil('notes.png', 'Dear diary, this is no picture.');
  spoil('cats and dogs/empty.jpg', '');
  spoil('cats and dogs/readme.txt', 'Read me.');
  spoil('🐟 fish/drawing.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  spoil('🐟 fish/huge.png', blankPng(20_000, 20_000));
  mkdirSync(join(root, 'nothing in here'), { recursive: true });
  put(join(root, '.DS_Store'), 'x');
  put(join(root, '猫', 'Thumbs.db'), 'x');
  symlinkSync('..', join(root, '猫', 'loop'));
  bad.push('猫/loop');
  symlinkSync('itself', join(root, 'itself'));
  bad.push('itself');
  symlinkSync('gone.jpg', join(root, 'broken.jpg'));
  bad.push('broken.jpg');
  return bad.sort();
}
