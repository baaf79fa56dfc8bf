import { describe, expect, it } from 'vitest';
import { Blur } from '#core/engine/data/augment/blur.ts';
import { Colour } from '#core/engine/data/augment/colour.ts';
import { augmented, noise, type OperationInput } from './helpers.ts';

const one = { height: 1, width: 2, channels: 3 };
const coloured = (operation: OperationInput, pixels = [200, 100, 50, 10, 20, 30]): number[] => [
  ...augmented(Uint8Array.from(pixels), one, [operation]),
];
const by = (type: 'brightness' | 'contrast' | 'saturation' | 'hue', value: number) =>
  coloured({ type, range: [value, value] });

describe('colour', () => {
  it('brightness multiplies and clips', () => {
    expect(by('brightness', 1.5)).toEqual([255, 150, 75, 15, 30, 45]);
  });

  it('contrast works around the mean lightness', () => {
    // Lightness 124.2 and 18.15, so 71.175 on average.
    expect(by('contrast', 0.5)).toEqual([136, 86, 61, 41, 46, 51]);
  });

  it('saturation goes from grey to more than it was', () => {
    expect(by('saturation', 0)).toEqual([124, 124, 124, 18, 18, 18]);
    expect(coloured({ type: 'greyscale' })).toEqual(by('saturation', 0));
    expect(by('saturation', 1)).toEqual([200, 100, 50, 10, 20, 30]);
    expect(by('saturation', 1.5)).toEqual([238, 88, 13, 6, 21, 36]);
  });

  it('hue turns red into green and blue', () => {
    expect(by('hue', 120)).toEqual([50, 200, 100, 30, 10, 20]);
    expect(by('hue', -120)).toEqual([100, 50, 200, 20, 30, 10]);
  });

  it('channel shift adds to each channel apart', () => {
    const [r, g, b, ...rest] = coloured({ type: 'channel-shift', range: [-20, 20] }).map(
      (level, index) => level - [200, 100, 50, 10, 20, 30][index]!,
    ) as [number, number, number, number, number, number];
    expect(new Set([r, g, b]).size).toBe(3);
    expect(rest).toEqual([r, g, b].map((change, index) => Math.max(change, -10 * (index + 1))));
  });

  it('several operations are one rounding, in their order', () => {
    const darkThenShifted = augmented(Uint8Array.from([101, 101]), { ...one, channels: 1 }, [
      { type: 'brightness', range: [0.5, 0.5] },
      { type: 'brightness', range: [2, 2] },
    ]);
    expect([...darkThenShifted]).toEqual([101, 101]);
  });

  // Numbers from Pillow's ImageOps on the same row.
  it.each([
    [
      'posterize',
      (colour: Colour, row: Uint8Array) => colour.posterize(row, 3),
      [0, 32, 96, 192, 224],
    ],
    [
      'solarize',
      (colour: Colour, row: Uint8Array) => colour.solarize(row, 128),
      [10, 60, 100, 55, 5],
    ],
    [
      'autocontrast',
      (colour: Colour, row: Uint8Array) => colour.autocontrast(row),
      [0, 53, 95, 201, 255],
    ],
  ])('%s', (_, change, expected) => {
    const row = Uint8Array.from([10, 60, 100, 200, 250]);
    change(new Colour(1), row);
    expect([...row]).toEqual(expected);
  });

  it('equalize', () => {
    const counts: [level: number, count: number][] = [
      [10, 100],
      [60, 300],
      [100, 200],
      [200, 50],
      [250, 150],
    ];
    const row = Uint8Array.from(
      counts.flatMap(([level, count]) => Array.from({ length: count }, () => level)),
    );
    new Colour(1).equalize(row);
    // Pillow's answer again.
    expect([0, 100, 400, 600, 650].map((at) => row[at])).toEqual([0, 50, 200, 255, 255]);
  });
});

describe('blur', () => {
  const size = { height: 9, width: 11, channels: 3 };

  it('leaves a flat image as it is', () => {
    for (const level of [0, 1, 128, 255]) {
      const flat = new Uint8Array(9 * 11 * 3).fill(level);
      new Blur(size).apply(flat, 2.5);
      expect(new Set(flat)).toEqual(new Set([level]));
    }
  });

  it.each([0.4, 1, 3])('is a Gaussian of deviation %f', (sigma) => {
    const { height, width, channels } = size;
    const image = noise(size);
    const blurred = image.slice();
    new Blur(size).apply(blurred, sigma);
    const radius = Math.ceil(3 * sigma);
    const weights = Array.from({ length: 2 * radius + 1 }, (_, k) =>
      Math.exp(-((k - radius) ** 2) / (2 * sigma ** 2)),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const inside = (place: number, count: number) => Math.min(Math.max(place, 0), count - 1);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (const [j, down] of weights.entries()) {
            for (const [k, across] of weights.entries()) {
              const row = inside(y + j - radius, height);
              const column = inside(x + k - radius, width);
              sum += down * across * image[(row * width + column) * channels + c]!;
            }
          }
          const found = blurred[(y * width + x) * channels + c]!;
          expect(Math.abs(found - sum / total ** 2)).toBeLessThan(0.6);
        }
      }
    }
  });
});
