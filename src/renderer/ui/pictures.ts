/** Pictures as PNG files. */
import { saveFile } from './save-file.ts';

export interface Picture {
  height: number;
  width: number;
  /** RGB, row by row. */
  pixels: Uint8Array;
}

/** Tiles side by side on white, each pixel enlarged so that small ones can be seen. */
export async function saveSheet(
  name: string,
  tiles: readonly Picture[],
  columns: number,
): Promise<void> {
  const [first] = tiles;
  if (!first) return;
  const scale = Math.max(1, Math.floor(96 / Math.max(first.width, first.height)));
  const gap = 4;
  const [width, height] = [first.width * scale, first.height * scale];
  const rows = Math.ceil(tiles.length / columns);
  const sheet = new OffscreenCanvas(columns * (width + gap) + gap, rows * (height + gap) + gap);
  const context = sheet.getContext('2d')!;
  context.fillStyle = 'white';
  context.fillRect(0, 0, sheet.width, sheet.height);
  context.imageSmoothingEnabled = false;
  for (const [index, tile] of tiles.entries()) {
    const left = gap + (index % columns) * (width + gap);
    const top = gap + Math.floor(index / columns) * (height + gap);
    context.drawImage(canvasOf(tile), left, top, width, height);
  }
  await savePng(name, sheet);
}

export async function savePng(
  name: string,
  canvas: OffscreenCanvas | HTMLCanvasElement,
): Promise<void> {
  const blob =
    canvas instanceof OffscreenCanvas
      ? await canvas.convertToBlob({ type: 'image/png' })
      : await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
  if (blob) saveFile(name, [blob], 'image/png');
}

/** @param channels 1 or 3 */
export function canvasOf({ height, width, pixels }: Picture, channels = 3): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')!.putImageData(imageDataOf(pixels, height, width, channels), 0, 0);
  return canvas;
}

/** @param pixels height × width × channels: 1 or 3 */
export function imageDataOf(
  pixels: Uint8Array,
  height: number,
  width: number,
  channels: number,
): ImageData {
  const data = new ImageData(width, height);
  for (let pixel = 0, at = 0; pixel < height * width; pixel++, at += channels) {
    const to = pixel * 4;
    data.data[to] = pixels[at] ?? 0;
    data.data[to + 1] = pixels[channels === 3 ? at + 1 : at] ?? 0;
    data.data[to + 2] = pixels[channels === 3 ? at + 2 : at] ?? 0;
    data.data[to + 3] = 255;
  }
  return data;
}
