import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FillMode } from '#shared/augmentation.ts';
import { Resampler, type Size } from '#core/engine/data/augment/resample.ts';
import { Transform } from '#core/engine/data/augment/transform.ts';
import { augmented, grid, noise, type OperationInput } from './helpers.ts';

const { pixels, size } = grid(`
  1 2 3 4
  5 6 7 8
  9 10 11 12
`);

const made = (
  operations: OperationInput[],
  edges: { fill?: FillMode; fillValue?: number } = {},
): number[] => [...augmented(pixels, size, operations, edges)];

const shifted = (x: number, y: number): OperationInput[] => [
  { type: 'shift-x', range: [x, x], unit: 'pixels' },
  { type: 'shift-y', range: [y, y], unit: 'pixels' },
];

describe('whole-pixel geometry is exact', () => {
  it.each([
    ['nearest', '5 5 5 6   9 9 9 10   9 9 9 10'],
    ['constant', '99 99 5 6   99 99 9 10   99 99 99 99'],
    ['reflect', '6 5 5 6   10 9 9 10   10 9 9 10'],
    ['wrap', '7 8 5 6   11 12 9 10   3 4 1 2'],
  ] as const)('shifts right by 2 and up by 1, fill %s', (fill, expected) => {
    expect(made(shifted(2, -1), { fill, fillValue: 99 })).toEqual([...grid(expected).pixels]);
  });

  it('shifts beyond the whole image', () => {
    expect(made(shifted(9, 0), { fill: 'constant', fillValue: 3 })).toEqual(new Array(12).fill(3));
    expect(made(shifted(9, 0), { fill: 'wrap' })).toEqual(made(shifted(1, 0), { fill: 'wrap' }));
    expect(made(shifted(8, 0), { fill: 'reflect' })).toEqual([...pixels]);
  });

  it('flips', () => {
    expect(made([{ type: 'flip-horizontal' }])).toEqual([4, 3, 2, 1, 8, 7, 6, 5, 12, 11, 10, 9]);
    expect(made([{ type: 'flip-vertical' }])).toEqual([9, 10, 11, 12, 5, 6, 7, 8, 1, 2, 3, 4]);
  });

  it('rotates by quarters, counter-clockwise', () => {
    const square = grid('1 2 3\n 4 5 6\n 7 8 9');
    const turned = (degrees: number) => [
      ...augmented(square.pixels, square.size, [{ type: 'rotate', range: [degrees, degrees] }]),
    ];
    expect(turned(90)).toEqual([3, 6, 9, 2, 5, 8, 1, 4, 7]);
    expect(turned(180)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(turned(-90)).toEqual([7, 4, 1, 8, 5, 2, 9, 6, 3]);
    const quarter = (strength: number) => [
      ...augmented(square.pixels, square.size, [{ type: 'quarter-turn' }], {
        place: { epoch: 1, image: 1, strength },
      }),
    ];
    expect([0, 0.3, 0.6, 1].map(quarter)).toEqual([0, 90, 180, -90].map(turned));
  });

  it('keeps the three channels of a pixel together', () => {
    const colours = { height: 1, width: 3, channels: 3 };
    const row = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...augmented(row, colours, [{ type: 'flip-horizontal' }])]).toEqual([
      7, 8, 9, 4, 5, 6, 1, 2, 3,
    ]);
    expect([
      ...augmented(row, colours, [{ type: 'shift-x', range: [1, 1], unit: 'pixels' }]),
    ]).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6]);
  });

  it('composes in the order of the list', () => {
    const flip: OperationInput = { type: 'flip-horizontal' };
    const [right] = shifted(1, 0) as [OperationInput];
    expect(made([flip, right]).slice(0, 4)).toEqual([4, 4, 3, 2]);
    expect(made([right, flip]).slice(0, 4)).toEqual([3, 2, 1, 1]);
  });
});

describe('directions', () => {
  const upright = grid('0 0 9 0 0\n 0 0 9 0 0\n 0 0 9 0 0\n 0 0 9 0 0\n 0 0 9 0 0');
  const columnOf = (image: Uint8Array, row: number) => image.slice(row * 5, row * 5 + 5).indexOf(9);

  it('shear-x leans upright lines to the right, shear-y makes level lines fall', () => {
    const leaning = augmented(upright.pixels, upright.size, [{ type: 'shear-x', range: [45, 45] }]);
    expect([columnOf(leaning, 0), columnOf(leaning, 4)]).toEqual([4, 0]);
    const level = grid('0 0 0\n 9 9 9\n 0 0 0');
    const falling = augmented(level.pixels, level.size, [{ type: 'shear-y', range: [45, 45] }]);
    expect([...falling]).toEqual([9, 0, 0, 0, 9, 0, 0, 0, 9]);
  });

  it('zoom above 1 brings closer', () => {
    const dot = grid('0 0 0 0 0\n 0 0 0 0 0\n 0 0 9 0 0\n 0 0 0 0 0\n 0 0 0 0 0');
    const sum = (factor: number) =>
      augmented(dot.pixels, dot.size, [{ type: 'zoom', range: [factor, factor] }]).reduce(
        (total, level) => total + level,
        0,
      );
    expect(sum(2)).toBeGreaterThan(sum(1));
    expect(sum(1)).toBe(9);
  });

  it('perspective moves the corners where it is told', () => {
    const transform = new Transform();
    const corners = [-9, -6, 11, -8, 12, 7, -10, 9];
    transform.perspective(corners, 10, 8);
    const m = transform.matrix;
    const looksAt = (x: number, y: number) => {
      const w = m[6]! * x + m[7]! * y + m[8]!;
      return [(m[0]! * x + m[1]! * y + m[2]!) / w, (m[3]! * x + m[4]! * y + m[5]!) / w];
    };
    const own = [-10, -8, 10, -8, 10, 8, -10, 8];
    for (let corner = 0; corner < 8; corner += 2) {
      const [x, y] = looksAt(corners[corner]!, corners[corner + 1]!);
      expect(x).toBeCloseTo(own[corner]!, 9);
      expect(y).toBeCloseTo(own[corner + 1]!, 9);
    }
  });
});

/** Straight from the definition, in double precision. */
function reference(
  image: Uint8Array,
  { height, width, channels }: Size,
  matrix: Float64Array,
  fill: FillMode,
  fillValue: number,
): number[] {
  const at = (x: number, y: number, c: number): number => {
    const fold = (index: number, count: number): number => {
      if (fill === 'nearest') return Math.min(Math.max(index, 0), count - 1);
      if (fill === 'wrap') return ((index % count) + count) % count;
      let place = index;
      while (place < 0 || place >= count) place = place < 0 ? -1 - place : 2 * count - 1 - place;
      return place;
    };
    const outside = x < 0 || y < 0 || x >= width || y >= height;
    if (fill === 'constant' && outside) return fillValue;
    return image[(fold(y, height) * width + fold(x, width)) * channels + c]!;
  };
  const result: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [x - (width - 1) / 2, y - (height - 1) / 2];
      const w = matrix[6]! * u + matrix[7]! * v + matrix[8]!;
      const px = (matrix[0]! * u + matrix[1]! * v + matrix[2]!) / w + (width - 1) / 2;
      const py = (matrix[3]! * u + matrix[4]! * v + matrix[5]!) / w + (height - 1) / 2;
      const [ix, iy] = [Math.floor(px), Math.floor(py)];
      const [fx, fy] = [px - ix, py - iy];
      for (let c = 0; c < channels; c++) {
        result.push(
          at(ix, iy, c) * (1 - fx) * (1 - fy) +
            at(ix + 1, iy, c) * fx * (1 - fy) +
            at(ix, iy + 1, c) * (1 - fx) * fy +
            at(ix + 1, iy + 1, c) * fx * fy,
        );
      }
    }
  }
  return result;
}

describe('resampling', () => {
  const fill = fc.constantFrom<FillMode>('nearest', 'constant', 'reflect', 'wrap');
  const around = (size: number) => fc.double({ min: -size, max: size, noNaN: true });

  it.each([1, 3])('is bilinear: affine maps, %i channels', (channels) => {
    fc.assert(
      fc.property(
        fill,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        around(180),
        fc.double({ min: 0.3, max: 3, noNaN: true }),
        around(50),
        around(20),
        around(20),
        (fill, height, width, turn, zoom, shear, x, y) => {
          const size = { height, width, channels };
          const image = noise(size).map((level) => level >> 1);
          const transform = new Transform();
          transform.rotate(turn);
          transform.zoom(zoom, 1 / zoom);
          transform.shearX(shear);
          transform.shift(x, y);
          const target = new Uint8Array(image.length);
          new Resampler(size, fill, 200).resample(image, target, transform.matrix);
          const expected = reference(image, size, transform.matrix, fill, 200);
          for (const [index, level] of expected.entries()) {
            // Weights have 11 bits.
            expect(Math.abs(target[index]! - level)).toBeLessThan(1);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is bilinear: projective maps', () => {
    const jitter = fc.array(fc.double({ min: -0.3, max: 0.3, noNaN: true }), {
      minLength: 8,
      maxLength: 8,
    });
    const size = { height: 9, width: 11, channels: 3 };
    const image = noise(size);
    fc.assert(
      fc.property(fill, jitter, (fill, moves) => {
        const transform = new Transform();
        const corners = [-5.5, -4.5, 5.5, -4.5, 5.5, 4.5, -5.5, 4.5].map(
          (place, index) => place * (1 + moves[index]!),
        );
        transform.perspective(corners, 5.5, 4.5);
        const target = new Uint8Array(image.length);
        new Resampler(size, fill, 40).resample(image, target, transform.matrix);
        const expected = reference(image, size, transform.matrix, fill, 40);
        for (const [index, level] of expected.entries()) {
          expect(Math.abs(target[index]! - level)).toBeLessThan(1);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('adds a displacement to where it looks', () => {
    const { pixels, size } = grid('10 20 30\n 40 50 60');
    const field = {
      x: Float32Array.from([1, 0.5, 0, 0, -1, 0]),
      y: Float32Array.from([0, 0, 0, -1, 0, -0.5]),
    };
    const target = new Uint8Array(6);
    new Resampler(size, 'nearest', 0).resample(pixels, target, new Transform().matrix, field);
    expect([...target]).toEqual([20, 25, 30, 10, 40, 45]);
  });

  it('looks far away without breaking', () => {
    const size = { height: 4, width: 4, channels: 1 };
    for (const zoom of [1e-6, 1e6]) {
      const transform = new Transform();
      transform.zoom(zoom, zoom);
      transform.rotate(33);
      const target = new Uint8Array(16);
      new Resampler(size, 'constant', 9).resample(noise(size), target, transform.matrix);
      if (zoom < 1) expect(target[0]).toBe(9);
      else expect(new Set(target).size).toBe(1);
    }
  });
});
