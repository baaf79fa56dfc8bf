/** A folder of simple pictures to teach: three shapes, mixed sizes and formats, some files broken. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

export const shapes = ['circle', 'square', 'stripes'] as const;
export type Shape = (typeof shapes)[number];

const formats = ['png', 'jpeg', 'webp'] as const;

/** The n-th picture of a shape: always the same bytes for the same n, never twice the same picture. */
export async function drawShape(shape: Shape, n: number): Promise<Buffer> {
  const size = 48 + (n % 5) * 16;
  const middle = 50 + ((n * 7) % 11) - 5;
  const half = 24 + ((n * 5) % 9);
  const ink = `rgb(${200 + (n % 50)}, ${190 + ((n * 3) % 60)}, ${180 + ((n * 11) % 70)})`;
  const paper = `rgb(${20 + ((n * 13) % 40)}, ${30 + ((n * 17) % 40)}, ${25 + (n % 40)})`;
  const body = {
    circle: `<circle cx="${middle}" cy="${middle}" r="${half}" fill="${ink}"/>`,
    square: `<rect x="${middle - half}" y="${middle - half}" width="${half * 2}" height="${half * 2}" fill="${ink}"/>`,
    stripes: [0, 1, 2, 3]
      .map((i) => `<rect x="0" y="${i * 26 + (n % 7)}" width="100" height="11" fill="${ink}"/>`)
      .join(''),
  }[shape];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" width="${size}" height="${size}"><rect width="100" height="100" fill="${paper}"/>${body}</svg>`;
  return sharp(Buffer.from(svg))
    .toFormat(formats[n % formats.length]!)
    .toBuffer();
}

async function put(folder: string, name: string, bytes: Buffer | string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), bytes);
}

export interface ShapeFolder {
  train: number;
  test: number;
  unlabeled: number;
}

/**
 * `train/<shape>`, `test/<shape>`, unlabeled pictures at the top, and two files that are no pictures.
 * @returns the shapes of the unlabeled pictures, in the order of their names
 */
export async function makeShapeFolder(root: string, counts: ShapeFolder): Promise<Shape[]> {
  for (const shape of shapes) {
    for (let i = 0; i < counts.train; i++) {
      const name = `${shape} ${i}.${formats[i % 3]!}`;
      await put(join(root, 'train', shape), name, await drawShape(shape, i));
    }
    for (let i = 0; i < counts.test; i++) {
      const n = 1000 + i;
      await put(join(root, 'test', shape), `${shape} ${n}.png`, await drawShape(shape, n));
    }
  }
  const order: Shape[] = [];
  for (let i = 0; i < counts.unlabeled; i++) {
    const shape = shapes[i % shapes.length]!;
    order.push(shape);
    await put(root, `new ${String(i).padStart(2, '0')}.png`, await drawShape(shape, 2000 + i));
  }
  await put(root, 'holiday 🌴.png', (await drawShape('circle', 3000)).subarray(0, 60));
  await put(root, 'notes.png', 'Not a picture at all.\n');
  return order;
}
