/** Numbers as PNG files. */
import sharp from 'sharp';
import type { Picture } from '#shared/inspect/montage.ts';

export function png({ width, height, rgb }: Picture): Promise<Buffer> {
  return sharp(rgb, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

interface Pixels {
  width: number;
  height: number;
  /** 1 or 3. */
  channels: number;
  data: Uint8Array;
}

/** A map in colours over its picture in grey, as large as can be looked at. */
export async function overlay(picture: Pixels, map: Picture, edge = 448): Promise<Picture> {
  const { width, height, channels, data } = picture;
  const scale = Math.max(1, edge / Math.max(width, height));
  const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
  const raw = { width, height, channels: channels as 1 | 3 };
  const below = await sharp(data, { raw })
    .grayscale()
    .resize(size.width, size.height, { fit: 'fill', kernel: 'nearest' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const above = await sharp(map.rgb, { raw: { width: map.width, height: map.height, channels: 3 } })
    .resize(size.width, size.height, { fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer();
  const step = below.info.channels;
  const rgb = Uint8Array.from(
    above,
    (value, at) => (value + below.data[Math.floor(at / 3) * step]!) / 2,
  );
  return { ...size, rgb };
}
