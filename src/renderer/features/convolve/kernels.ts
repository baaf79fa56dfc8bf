/** Well-known kernels of any odd size, as people edit them; no DOM here. */
import type { GreyScale, NumberGrid } from '#shared/contract/index.ts';

export type KernelId =
  'identity' | 'blur' | 'gaussian' | 'sharpen' | 'edges' | 'upright' | 'level' | 'emboss' | 'gabor';

export const kernelSizes = [3, 5, 7, 9] as const;
export type KernelSize = (typeof kernelSizes)[number];

/** How its answers are best looked at. */
export const suits: Record<KernelId, GreyScale> = {
  identity: 'clip',
  blur: 'clip',
  gaussian: 'clip',
  sharpen: 'clip',
  edges: 'absolute',
  upright: 'absolute',
  level: 'absolute',
  emboss: 'centre',
  gabor: 'absolute',
};

type Weight = (x: number, y: number, reach: number) => number;

/** `weight` at each place, with (0, 0) in the middle. */
function grid(size: number, weight: Weight): NumberGrid {
  const reach = (size - 1) / 2;
  const values = Array.from({ length: size * size }, (_, at) =>
    weight((at % size) - reach, Math.floor(at / size) - reach, reach),
  );
  return { shape: [size, size], values };
}

/** Sums to 1, so that an even picture stays as bright as it is. */
function normalised({ shape, values }: NumberGrid): NumberGrid {
  const sum = values.reduce((total, value) => total + value, 0);
  return { shape, values: values.map((value) => value / sum) };
}

/** Sums to 0, so that an even picture becomes black. */
function balanced({ shape, values }: NumberGrid): NumberGrid {
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  return { shape, values: values.map((value) => value - mean) };
}

const gaussian = (size: number): NumberGrid => {
  const sigma = size / 5;
  return normalised(grid(size, (x, y) => Math.exp(-(x * x + y * y) / (2 * sigma * sigma))));
};

/** Row `n` of Pascal's triangle: 1 2 1 for 2. */
function binomial(n: number): number[] {
  let row = [1];
  for (let step = 0; step < n; step++) {
    row = [...row, 0].map((value, at) => value + (row[at - 1] ?? 0));
  }
  return row;
}

/** Smoothed along one axis, differences along the other: of 3×3, Sobel's. */
function sobel(size: number, upright: boolean): NumberGrid {
  const smooth = binomial(size - 1);
  const short = binomial(size - 3);
  const change = smooth.map((_, at) => (short[at - 2] ?? 0) - (short[at] ?? 0));
  const reach = (size - 1) / 2;
  return grid(size, (x, y) => {
    const [along, across] = upright ? [y, x] : [x, y];
    return smooth[along + reach]! * change[across + reach]!;
  });
}

/** A wave under a bell, `degrees` from upright stripes: what the first layers of networks learn. */
function gabor(size: number, degrees: number): NumberGrid {
  const angle = (degrees * Math.PI) / 180;
  const sigma = size / 4.5;
  const wave = size / 2;
  const stretched = 0.5;
  const raw = grid(size, (x, y) => {
    const u = x * Math.cos(angle) + y * Math.sin(angle);
    const v = -x * Math.sin(angle) + y * Math.cos(angle);
    const bell = Math.exp(-(u * u + stretched * stretched * v * v) / (2 * sigma * sigma));
    return bell * Math.cos((2 * Math.PI * u) / wave);
  });
  return balanced(raw);
}

/** @param degrees of a Gabor kernel */
export function makeKernel(id: KernelId, size: KernelSize, degrees = 0): NumberGrid {
  const centre: Weight = (x, y) => (x === 0 && y === 0 ? 1 : 0);
  switch (id) {
    case 'identity':
      return grid(size, centre);
    case 'blur':
      return grid(size, () => 1 / size ** 2);
    case 'gaussian':
      return gaussian(size);
    case 'sharpen':
      // Of 3×3 the well-known one; of more, the picture twice less its blur.
      return size === 3
        ? grid(size, (x, y) => (Math.abs(x) + Math.abs(y) === 1 ? -1 : 5 * centre(x, y, 1)))
        : {
            shape: [size, size],
            values: gaussian(size).values.map(
              (value, at) => (at === (size * size - 1) / 2 ? 2 : 0) - value,
            ),
          };
    case 'edges':
      return grid(size, (x, y) => (x === 0 && y === 0 ? size ** 2 - 1 : -1));
    case 'upright':
      return sobel(size, true);
    case 'level':
      return sobel(size, false);
    case 'emboss':
      return grid(size, (x, y, reach) => (x + y) / reach ** 2 + centre(x, y, reach));
    case 'gabor':
      return gabor(size, degrees);
  }
}

/** The same weights around the same middle; what is new is zero. */
export function resized({ shape, values }: NumberGrid, size: number): NumberGrid {
  const old = shape[0]!;
  const offset = (old - size) / 2;
  const next = Array.from({ length: size * size }, (_, at) => {
    const x = (at % size) + offset;
    const y = Math.floor(at / size) + offset;
    return x < 0 || y < 0 || x >= old || y >= old ? 0 : values[y * old + x]!;
  });
  return { shape: [size, size], values: next };
}
