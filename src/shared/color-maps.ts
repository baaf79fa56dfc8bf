/**
 * Colours for numbers, one table for the window, the command line and reports. Scalars go from dark
 * to bright; what has a sign is grey at zero, blue below and red above.
 */

export type Rgb = readonly [red: number, green: number, blue: number];

export const colorMapNames = ['viridis', 'magma', 'grey', 'diverging'] as const;
export type ColorMapName = (typeof colorMapNames)[number];

const list = (text: string): string[] => text.trim().split(/\s+/);

/**
 * Evenly spaced stops; between them colours are mixed, which stays within 6 of 255 of the originals:
 * matplotlib's viridis and magma (van der Walt and Smith 2015) and Moreland's smooth cool–warm (2009).
 */
const stops: Record<ColorMapName, readonly string[]> = {
  viridis: list(`
    440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26818e 21908c
    1f9f88 28ae80 3ebc74 5dc963 82d34c abdc32 d5e21a fde725`),
  magma: list(`
    000004 0a0822 1d1146 36106a 50127c 691c81 822681 9c2e7f b63779
    cf4170 e65163 f5695c fb8761 fea571 fec387 fde0a2 fcfdbf`),
  grey: ['000000', 'ffffff'],
  diverging: list(`
    3b4cc0 4d68d7 6282ea 779af7 8db0fe a3c2ff b8d0f9 ccd9ee dddddd
    ecd3c5 f5c4ad f7b194 f49a7b ec7f63 de604d cb3e38 b40426`),
};

function parse(hex: string): Rgb {
  const byte = (at: number) => Number.parseInt(hex.slice(at, at + 2), 16);
  return [byte(0), byte(2), byte(4)];
}

/** 256 colours as RGB triples, made at the first use of each. */
const tables = new Map<ColorMapName, Uint8Array>();

function tableOf(name: ColorMapName): Uint8Array {
  const known = tables.get(name);
  if (known) return known;
  const colors = stops[name].map(parse);
  const table = new Uint8Array(256 * 3);
  for (let index = 0; index < 256; index++) {
    const place = (index / 255) * (colors.length - 1);
    const below = Math.min(Math.floor(place), colors.length - 2);
    for (let part = 0; part < 3; part++) {
      const from = colors[below]![part]!;
      table[index * 3 + part] = Math.round(
        from + (colors[below + 1]![part]! - from) * (place - below),
      );
    }
  }
  tables.set(name, table);
  return table;
}

/** The colour of a number from 0 to 255; what lies outside takes the colour of the end. */
export function colorOf(name: ColorMapName, byte: number): Rgb {
  const table = tableOf(name);
  const at = Math.min(255, Math.max(0, Math.round(byte))) * 3;
  return [table[at]!, table[at + 1]!, table[at + 2]!];
}

/**
 * Bytes as a picture.
 * @param channels 3 for RGB, 4 for RGBA (a canvas' ImageData), opaque
 */
export function paint(
  name: ColorMapName,
  bytes: Uint8Array,
  channels: 3 | 4 = 4,
): Uint8ClampedArray {
  const table = tableOf(name);
  const picture = new Uint8ClampedArray(bytes.length * channels);
  for (let index = 0; index < bytes.length; index++) {
    const from = bytes[index]! * 3;
    const to = index * channels;
    picture[to] = table[from]!;
    picture[to + 1] = table[from + 1]!;
    picture[to + 2] = table[from + 2]!;
    if (channels === 4) picture[to + 3] = 255;
  }
  return picture;
}
