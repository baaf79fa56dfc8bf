import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { BmpError, decodeBmp } from '#core/library/decode/bmp.ts';
import { DecoderPool } from '#core/library/decode/pool.ts';
import { createLogger } from '#core/logger.ts';
import { processTree } from '../../helpers/process-tree.ts';
import { blankPng, bmp, encoded, twoHalves } from '../../helpers/pictures.ts';

const folder = mkdtempSync(join(tmpdir(), 'fovea-decode-'));
const log = createLogger('silent');
const pool = new DecoderPool({ nodePath: process.execPath, log });
const pools: DecoderPool[] = [];

afterEach(async () => {
  await Promise.all(pools.splice(0).map((each) => each.close()));
});
afterAll(async () => {
  await pool.close();
  rmSync(folder, { recursive: true, force: true });
});

const flat = (value: number | string, channels: 3 | 4 = 3): Sharp =>
  sharp({
    create: {
      width: 12,
      height: 10,
      channels,
      background: typeof value === 'string' ? value : { r: value, g: value, b: value },
    },
  });

/** The one colour of a flat picture, as a 1×1 image. */
async function colour(bytes: Buffer, channels = 3): Promise<number[]> {
  return [...(await pool.pixels(bytes, { height: 1, width: 1, channels }))];
}

describe('decoding', () => {
  it.each([
    ['jpg', { format: 'jpeg', channels: 3, bitDepth: 8 }],
    ['png', { format: 'png', channels: 3, bitDepth: 8 }],
    ['webp', { format: 'webp', channels: 3, bitDepth: 8 }],
    ['gif', { format: 'gif', channels: 3, bitDepth: 8 }],
    ['tiff', { format: 'tiff', channels: 3, bitDepth: 8 }],
    ['avif', { format: 'avif', channels: 3, bitDepth: 8 }],
    ['bmp', { format: 'bmp', channels: 3, bitDepth: 8 }],
    ['png16', { format: 'png', channels: 3, bitDepth: 16 }],
    ['grey', { format: 'png', channels: 1, bitDepth: 8 }],
    ['alpha', { format: 'png', channels: 4, bitDepth: 8 }],
    ['cmyk', { format: 'jpeg', channels: 3, bitDepth: 8 }],
  ] as const)('tells what a %s is', async (kind, expected) => {
    const { info } = await pool.inspect(await encoded(kind, 40, 30, 1));
    expect(info).toEqual({ width: 40, height: 30, ...expected });
  });

  it('turns a picture upright', async () => {
    const turned = await sharp(await twoHalves(40, 20))
      .jpeg({ quality: 100 })
      .withMetadata({ orientation: 6 })
      .toBuffer();
    const { info } = await pool.inspect(turned);
    expect(info).toMatchObject({ width: 20, height: 40 });
    // Turned clockwise by a quarter, left is up.
    const pixels = await pool.pixels(turned, { height: 8, width: 1, channels: 3 });
    expect(pixels[0]).toBeGreaterThan(240);
    expect(pixels[23]).toBeGreaterThan(240);
    const shown = await pool.display(turned);
    expect(await sharp(shown.bytes).metadata()).toMatchObject({ width: 20, height: 40 });
  });

  it('brings 16 bits to 8 without loss of range', async () => {
    const values = new Uint16Array([0, 0x8080, 0xffff, 0x0101]);
    const png = await sharp(values, { raw: { width: 4, height: 1, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    expect([...(await pool.pixels(png, { height: 1, width: 4, channels: 1 }))]).toEqual([
      0, 128, 255, 1,
    ]);
  });

  it('lays transparency on white', async () => {
    const glass = await sharp({
      create: { width: 8, height: 8, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0 } },
    })
      .png()
      .toBuffer();
    expect(await colour(glass)).toEqual([255, 255, 255]);
    const grey = await sharp(Buffer.alloc(32, 0), { raw: { width: 4, height: 4, channels: 2 } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    expect(await colour(grey, 1)).toEqual([255]);
  });

  it('turns CMYK into the colours that one sees', async () => {
    const [r, g, b] = await colour(
      await flat('#d02020').toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer(),
    );
    expect(r).toBeGreaterThan(170);
    expect(Math.max(g!, b!)).toBeLessThan(80);
  });

  it('keeps grey grey, and weighs colours by luma', async () => {
    expect(await colour(await flat(77).toColourspace('b-w').png().toBuffer(), 1)).toEqual([77]);
    expect(await colour(await flat('#ff0000').png().toBuffer(), 1)).toEqual([76]);
    expect(await colour(await flat(77).toColourspace('b-w').png().toBuffer(), 3)).toEqual([
      77, 77, 77,
    ]);
  });

  it('takes the first frame of an animation', async () => {
    const frames = Buffer.concat([
      await flat('#ff0000').raw().toBuffer(),
      await flat('#0000ff').raw().toBuffer(),
    ]);
    const gif = await sharp(frames, { raw: { width: 12, height: 20, channels: 3, pageHeight: 10 } })
      .gif()
      .toBuffer();
    expect((await pool.inspect(gif)).info).toMatchObject({ width: 12, height: 10 });
    expect(await colour(gif)).toEqual([255, 0, 0]);
  });

  it('refuses by the header what is too large, in no time', async () => {
    const started = performance.now();
    await expect(pool.inspect(blankPng(20_000, 20_000))).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
    });
    expect(performance.now() - started).toBeLessThan(3000);
  });

  it('accepts harmless oddities: bytes after the end, a wrong extension', async () => {
    const file = join(folder, 'really a jpeg.png');
    writeFileSync(file, Buffer.concat([await encoded('jpg', 30, 20, 1), Buffer.from('trailing')]));
    expect((await pool.inspect(file)).info).toMatchObject({ format: 'jpeg', width: 30 });
  });

  it('makes thumbnails: small pictures pixel for pixel, large ones as WebP', async () => {
    const { thumbnail: small } = await pool.inspect(await encoded('png', 60, 40, 1), { edge: 64 });
    expect(await sharp(small!).metadata()).toMatchObject({ format: 'png', width: 60, height: 40 });
    const { thumbnail: large } = await pool.inspect(await encoded('jpg', 600, 300, 1), {
      edge: 64,
    });
    expect(await sharp(large!).metadata()).toMatchObject({ format: 'webp', width: 64, height: 32 });
    expect(await pool.thumbnailUrl(await encoded('bmp', 20, 20, 1))).toMatch(
      /^data:image\/png;base64,/,
    );
  });

  it('says which file and why', async () => {
    const file = join(folder, 'bad one.png');
    writeFileSync(file, 'text');
    await expect(pool.pixels(file, { height: 1, width: 1, channels: 1 })).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      message: 'bad one.png is not an image, or of a kind that is not read here.',
      subject: 'bad one.png',
    });
    await expect(pool.identify(join(folder, 'gone.png'))).rejects.toMatchObject({
      message: 'gone.png does not exist any more.',
    });
    await expect(pool.identify(folder)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
  });
});

describe('bitmaps', () => {
  it('has the pixels that it was made of, right way up', () => {
    const { data, width, height } = decodeBmp(bmp(3, 2, 0));
    expect([width, height]).toEqual([3, 2]);
    // The last row of the file is the first of the picture; bytes are blue, green, red.
    expect([...data.subarray(0, 3)]).toEqual([27, 20, 13]);
    expect([...data.subarray(9, 12)]).toEqual([14, 7, 0]);
  });

  function header(
    width: number,
    height: number,
    bits: number,
    compression: number,
    extra: Buffer,
    pixels: Buffer,
  ): Buffer {
    const bytes = Buffer.alloc(54);
    bytes.write('BM');
    bytes.writeUInt32LE(54 + extra.length, 10);
    bytes.writeUInt32LE(40, 14);
    bytes.writeInt32LE(width, 18);
    bytes.writeInt32LE(height, 22);
    bytes.writeUInt16LE(1, 26);
    bytes.writeUInt16LE(bits, 28);
    bytes.writeUInt32LE(compression, 30);
    return Buffer.concat([bytes, extra, pixels]);
  }
  const palette = Buffer.from([0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0]);
  const blue = [0, 0, 255];
  const green = [0, 255, 0];
  const red = [255, 0, 0];
  const black = [0, 0, 0];

  it.each([
    [
      '1 bit',
      header(2, 1, 1, 0, palette.subarray(0, 8), Buffer.from([0b0100_0000, 0, 0, 0])),
      [...black, ...blue],
    ],
    [
      '4 bits',
      header(3, 1, 4, 0, palette, Buffer.from([0x12, 0x30, 0, 0])),
      [...blue, ...green, ...red],
    ],
    [
      '8 bits, top down',
      header(1, -2, 8, 0, palette, Buffer.from([1, 0, 0, 0, 3, 0, 0, 0])),
      [...blue, ...red],
    ],
    [
      'runs of 8 bits',
      header(4, 1, 8, 1, palette, Buffer.from([2, 1, 0, 0, 0, 1])),
      [...blue, ...blue, ...black, ...black],
    ],
    [
      'runs of 8 bits, literal',
      header(3, 1, 8, 1, palette, Buffer.from([0, 3, 1, 2, 3, 0, 0, 1])),
      [...blue, ...green, ...red],
    ],
    [
      'runs of 4 bits',
      header(3, 1, 4, 2, palette, Buffer.from([3, 0x12, 0, 1])),
      [...blue, ...green, ...blue],
    ],
    ['16 bits', header(1, 1, 16, 0, Buffer.alloc(0), Buffer.from([0x00, 0x7c, 0, 0])), red],
    [
      '16 bits with masks',
      header(
        1,
        1,
        16,
        3,
        Buffer.from([0, 0xf8, 0, 0, 0xe0, 7, 0, 0, 0x1f, 0, 0, 0]),
        Buffer.from([0xe0, 0x07, 0, 0]),
      ),
      green,
    ],
    ['32 bits', header(1, 1, 32, 0, Buffer.alloc(0), Buffer.from([1, 2, 3, 0])), [3, 2, 1]],
  ])('reads %s', (_, bytes, expected) => {
    expect([...decodeBmp(bytes).data]).toEqual(expected);
  });

  it('survives any bytes', () => {
    const base = bmp(7, 5, 1);
    let state = 1;
    for (let round = 0; round < 2000; round++) {
      const bytes = Buffer.from(base);
      for (let n = 0; n < 4; n++) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        // Sizes are checked by the caller before decoding; they stay small here.
        const at = 10 + (state % 44);
        if (at >= 18 && at < 26) continue;
        bytes[at] = state >>> 24;
      }
      try {
        decodeBmp(bytes.subarray(0, bytes.length - (state % 60)));
      } catch (error) {
        expect(error).toBeInstanceOf(BmpError);
      }
    }
  });
});

/** Programs that behave as decoders hit by a hostile file. */
function poolWith(
  program: string,
  options: { timeoutMs?: number; size?: number } = {},
): DecoderPool {
  const entry = join(folder, `entry-${Math.random().toString(36).slice(2)}.mjs`);
  writeFileSync(entry, program);
  const made = new DecoderPool({ nodePath: process.execPath, log, entry, ...options });
  pools.push(made);
  return made;
}

const echo = `process.on('message', (m) => {
  const text = Buffer.from(m.source).toString();
  if (text === 'crash') process.abort();
  if (text === 'hang') return;
  process.send({ id: m.id, ok: true, value: text });
});`;
const bytesOf = (text: string): Uint8Array => Buffer.from(text);

describe('the pool', () => {
  it('goes on after a decoder crashed, and blames the right file', async () => {
    const crashing = poolWith(echo, { size: 2 });
    const answers = await Promise.allSettled(
      ['a', 'crash', 'b', 'crash', 'c', 'd'].map((text) => crashing.identify(bytesOf(text))),
    );
    expect(
      answers.map((answer) =>
        answer.status === 'fulfilled' ? answer.value : (answer.reason as { code: string }).code,
      ),
    ).toEqual(['a', 'DECODER_FAILED', 'b', 'DECODER_FAILED', 'c', 'd']);
  });

  it('ends a decoder that takes too long', async () => {
    const hanging = poolWith(echo, { size: 1, timeoutMs: 2000 });
    const slow = hanging.identify(bytesOf('hang'));
    const next = hanging.identify(bytesOf('a'));
    await expect(slow).rejects.toMatchObject({ code: 'DECODER_FAILED' });
    await expect(next).resolves.toBe('a');
  });

  it('lets go at once of what is cancelled', async () => {
    const hanging = poolWith(echo, { size: 1 });
    const stop = new AbortController();
    const held = hanging.identify(bytesOf('hang'), { signal: stop.signal });
    const waiting = hanging.identify(bytesOf('hang'), { signal: stop.signal });
    stop.abort();
    await expect(held).rejects.toMatchObject({ code: 'CANCELLED' });
    await hanging.close();
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(hanging.identify(bytesOf('a'))).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('never runs more processes than its size, and leaves none behind', async () => {
    const three = poolWith(echo, { size: 3 });
    await Promise.all(Array.from({ length: 20 }, (_, i) => three.identify(bytesOf(String(i)))));
    const mine = (): number =>
      processTree(process.pid).filter(({ command }) => command.includes('entry-')).length;
    expect(mine()).toBe(3);
    await three.close();
    await expect.poll(mine).toBe(0);
  });

  it('reads what it is given and nothing else of the buffer', async () => {
    const file = await encoded('png', 10, 10, 1);
    const padded = Buffer.concat([Buffer.alloc(100), file, Buffer.alloc(100)]);
    const view = new Uint8Array(padded.buffer, padded.byteOffset + 100, file.length);
    const path = join(folder, 'same.png');
    writeFileSync(path, file);
    expect(await pool.identify(view)).toEqual(await pool.identify(path));
    expect((await pool.identify(path)).bytes).toBe(readFileSync(path).length);
  });
});
