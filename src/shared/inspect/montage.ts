/** Small pictures, side by side. */
import { paint, type ColorMapName } from '../color-maps.ts';

/** RGB, row by row. */
export interface Picture {
  width: number;
  height: number;
  rgb: Uint8Array | Uint8ClampedArray;
}

/** Tiles of bytes, one after the other, in colours. */
export function paintTiles(
  bytes: Uint8Array,
  size: { height: number; width: number },
  colors: ColorMapName,
): Picture[] {
  const area = size.height * size.width;
  return Array.from({ length: bytes.length / area }, (_, index) => ({
    ...size,
    rgb: paint(colors, bytes.subarray(index * area, (index + 1) * area), 3),
  }));
}

/** Between tiles: pixels, and how bright, 0 to 255. */
export interface Gap {
  width: number;
  level: number;
}
const thin: Gap = { width: 1, level: 128 };
/** What a tile is enlarged to, by whole factors, where there are not too many. */
const TILE_EDGE = 48;
const MOST_PIXELS = 16_000_000;

/** Tiles of one size side by side, enlarged so that their pixels can be seen. */
export function montage(
  tiles: readonly Picture[],
  columns = Math.ceil(Math.sqrt(tiles.length)),
  { tileEdge = TILE_EDGE, gap = thin }: { tileEdge?: number; gap?: Gap } = {},
): Picture {
  const [first] = tiles;
  if (!first) return { width: 1, height: 1, rgb: new Uint8Array(3).fill(gap.level) };
  const rows = Math.ceil(tiles.length / columns);
  const area = (zoom: number) =>
    (first.width * zoom + gap.width) * columns * (first.height * zoom + gap.width) * rows;
  let zoom = Math.max(1, Math.floor(tileEdge / Math.max(first.width, first.height)));
  while (zoom > 1 && area(zoom) > MOST_PIXELS) zoom--;
  const width = columns * (first.width * zoom + gap.width) + gap.width;
  const height = rows * (first.height * zoom + gap.width) + gap.width;
  const rgb = new Uint8Array(width * height * 3).fill(gap.level);
  for (const [index, tile] of tiles.entries()) {
    const left = (index % columns) * (tile.width * zoom + gap.width) + gap.width;
    const top = Math.floor(index / columns) * (tile.height * zoom + gap.width) + gap.width;
    for (let y = 0; y < tile.height * zoom; y++) {
      for (let x = 0; x < tile.width * zoom; x++) {
        const from = (Math.floor(y / zoom) * tile.width + Math.floor(x / zoom)) * 3;
        rgb.set(tile.rgb.subarray(from, from + 3), ((top + y) * width + left + x) * 3);
      }
    }
  }
  return { width, height, rgb };
}
