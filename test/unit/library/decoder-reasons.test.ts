import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { inspect, reasonOf } from '#core/library/decode/decode.ts';
import { decoderReason, systemReason } from '#core/library/decode/reasons.ts';
import { squares } from '../../helpers/idx.ts';

const cut = 'is damaged: it is cut off';
const start = 'is damaged at its beginning';
const part = 'is damaged: a part of the picture cannot be read';
const packed = 'is packed in a way that is not read here; save it again as PNG or JPEG';

/** What libvips 8.17 said of pictures with random bytes, missing ends and unusual packing. */
const messages: readonly (readonly [string, string])[] = [
  [
    'Input buffer contains unsupported image format',
    'is not an image, or of a kind that is not read here',
  ],
  ['Input image exceeds pixel limit', 'has more than the 100 megapixels that can be read'],
  ['Input buffer has corrupt header: ', start],
  ['Input buffer has corrupt header: VipsJpeg: Bogus DQT index 7', start],
  ['Input buffer has corrupt header: webp: unable to parse image', start],
  ['Input buffer has corrupt header: gifload_buffer: Invalid frame data', start],
  ['Input buffer has corrupt header: tiff2vips: samples out of range', start],
  ['Input buffer has corrupt header: heif: Invalid input: Invalid box size (2.1)', start],
  ['Input buffer has corrupt header: VipsJpeg: premature end of JPEG image', cut],
  ['Input buffer has corrupt header: gifload_buffer: Unexpected end of GIF source data', cut],
  ['Input buffer has corrupt header: source: bad seek to 4711', cut],
  ['VipsJpeg: Corrupt JPEG data: premature end of data segment', cut],
  ['tiff2vips: Read error at scanline 4; got 12 bytes, expected 4000\ntiff2vips: read error', cut],
  ['source: bad seek to 99\ntiff2vips: source input: Seek error accessing TIFF directory', cut],
  ['VipsJpeg: Corrupt JPEG data: bad Huffman code', part],
  ['vipspng: libpng read error', part],
  ['webp2vips: unable to read pixels', part],
  ['gifload_buffer: Invalid frame data', part],
  ['tiff2vips: Decoding error at scanline 0, incorrect data check\ntiff2vips: read error', part],
  ['tiff2vips: Compression scheme 34712 strip decoding is not implemented', packed],
  ['VipsJpeg: Unsupported JPEG data precision 12', packed],
  ['heif: Unsupported feature: Unsupported codec (4.3000)', packed],
  ['vips_malloc: out of memory', 'needs more memory than there is'],
  ['', part],
];

it.each(messages)('says of %j: it %s', (message, reason) => {
  expect(decoderReason(message, 100_000_000)).toBe(reason);
});

it('names what the system refuses', () => {
  expect(systemReason('EACCES')).toBe('cannot be read: no permission');
  expect(systemReason('EWHATEVER')).toBeNull();
});

describe('of any damaged picture', () => {
  const formats = ['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif'] as const;
  const jargon =
    /vips|libpng|heif|Input (file|buffer)|corrupt|header|\bload|Bogus|0x|Huffman|[:;] *$/i;

  it.each(formats)('%s', async (format) => {
    const noise = squares(5, 4, 1).subarray(0, 40 * 30 * 3);
    const whole = await sharp(noise, { raw: { width: 40, height: 30, channels: 3 } })
      .toFormat(format)
      .toBuffer();
    const broken = [0.1, 0.5, 0.95].map((share) =>
      whole.subarray(0, Math.floor(whole.length * share)),
    );
    for (let at = 4; at < Math.min(whole.length, 160); at += 6) {
      const copy = Buffer.from(whole);
      copy.fill(0xab, at, at + 3);
      broken.push(copy);
    }
    let failed = 0;
    for (const bytes of broken) {
      const reason = await inspect(bytes, 64).then(() => null, reasonOf);
      if (reason === null) continue;
      failed++;
      expect(reason).not.toMatch(jargon);
    }
    expect(failed).toBeGreaterThan(2);
  });
});
