/** What is on a canvas. */
import type { Locator } from '@playwright/test';

/** Red, green and blue of each pixel, row by row, as they were drawn. */
export async function colorsOf(canvas: Locator): Promise<number[]> {
  return canvas.evaluate((element) => {
    const { width, height } = element as HTMLCanvasElement;
    const data = (element as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height);
    return [...data.data].filter((_, at) => at % 4 !== 3);
  });
}

/** Grey levels of a canvas, row by row. */
export async function levelsOf(canvas: Locator): Promise<number[]> {
  return (await colorsOf(canvas)).filter((_, at) => at % 3 === 0);
}
