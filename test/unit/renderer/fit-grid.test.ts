import { describe, expect, it } from 'vitest';
import { fitGrid } from '../../../src/renderer/state/grid-layout.ts';

const room = { width: 900, height: 500 };

describe('a grid that shows all of its tiles', () => {
  it.each([1, 4, 16, 32, 64, 128, 200])('shows %i tiles at once', (count) => {
    const { columns, rows, tile, height } = fitGrid(count, room, { least: 24, most: 132 });
    expect(columns * rows).toBeGreaterThanOrEqual(count);
    expect(height).toBeLessThanOrEqual(room.height);
    expect(columns * (tile + 6) - 6 + 32).toBeLessThanOrEqual(room.width);
    expect(tile).toBeLessThanOrEqual(132);
  });

  it('makes them as large as they can be', () => {
    const tiles = [32, 64, 128].map((count) => fitGrid(count, room, { least: 24, most: 132 }));
    for (const { columns, rows, tile } of tiles) {
      const taller = rows * (tile + 2 + 6) - 6 + 32 > room.height;
      const wider = columns * (tile + 2 + 6) - 6 + 32 > room.width;
      expect(taller || wider).toBe(true);
    }
  });

  it('scrolls rather than make them too small', () => {
    const { tile, height, columns } = fitGrid(2048, room, { least: 36, most: 132 });
    expect(tile).toBeGreaterThanOrEqual(36);
    expect(height).toBeGreaterThan(room.height);
    expect(columns).toBe(20);
  });

  it('fills the rows where tiles are at their largest', () => {
    expect(fitGrid(9, { width: 2000, height: 900 }, { least: 24, most: 132 })).toMatchObject({
      columns: 9,
      rows: 1,
      tile: 132,
    });
  });

  it('takes as many columns as it is told', () => {
    expect(fitGrid(16, room, { least: 24, most: 160, columns: 4 })).toMatchObject({
      columns: 4,
      rows: 4,
      tile: 112,
    });
  });
});
