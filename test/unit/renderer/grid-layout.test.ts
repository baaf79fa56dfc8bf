import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  gridLayout,
  moveCursor,
  scrollToTile,
  tileRect,
  tilesInRect,
  visibleRange,
} from '../../../src/renderer/state/grid-layout.ts';

const layouts = fc
  .record({
    count: fc.integer({ min: 1, max: 70_000 }),
    width: fc.integer({ min: 60, max: 3840 }),
    size: fc.integer({ min: 48, max: 320 }),
  })
  .map(({ count, width, size }) => gridLayout(count, width, size));

describe('gridLayout', () => {
  it('fills the width with whole tiles', () => {
    const layout = gridLayout(70_000, 1000, 112);
    expect(layout.columns).toBe(8);
    expect(layout.tile).toBeGreaterThanOrEqual(112);
    const used = layout.columns * layout.tile + (layout.columns - 1) * layout.gap;
    expect(used).toBeLessThanOrEqual(1000 - 2 * layout.padding);
  });

  it('keeps one column where not even one tile fits', () => {
    expect(gridLayout(3, 40, 112)).toMatchObject({ columns: 1, tile: 112 });
  });

  it('has no height without images', () => {
    expect(gridLayout(0, 800, 112).height).toBe(0);
  });

  it('ends right below the last tile', () => {
    fc.assert(
      fc.property(layouts, (layout) => {
        const last = tileRect(layout, layout.count - 1);
        expect(last.top + last.height + layout.padding).toBe(layout.height);
      }),
    );
  });
});

describe('visibleRange', () => {
  it('holds every tile that shows, and few others', () => {
    fc.assert(
      fc.property(layouts, fc.double({ min: 0, max: 1, noNaN: true }), (layout, share) => {
        const viewport = 600;
        const scrollTop = share * Math.max(0, layout.height - viewport);
        const { first, last } = visibleRange(layout, scrollTop, viewport, 1);
        const shows = tilesInRect(layout, {
          left: 0,
          top: scrollTop,
          width: 4000,
          height: viewport,
        });
        expect(shows.every((index) => index >= first && index < last)).toBe(true);
        expect(last - first).toBeLessThanOrEqual(shows.length + 6 * layout.columns);
      }),
    );
  });
});

describe('tilesInRect', () => {
  it('finds the one tile that a point lies in', () => {
    fc.assert(
      fc.property(layouts, fc.nat(), (layout, any) => {
        const index = any % layout.count;
        const { left, top } = tileRect(layout, index);
        expect(tilesInRect(layout, { left: left + 3, top: top + 3, width: 1, height: 1 })).toEqual([
          index,
        ]);
      }),
    );
  });

  it('finds nothing in the gap', () => {
    const layout = gridLayout(100, 1000, 112);
    const { left, top, width } = tileRect(layout, 0);
    expect(tilesInRect(layout, { left: left + width + 1, top, width: 2, height: 2 })).toEqual([]);
  });
});

describe('moveCursor', () => {
  const layout = gridLayout(10, 400, 112); // 3 columns: rows of 3, 3, 3, 1

  it.each([
    [0, 'left', 0],
    [0, 'right', 1],
    [2, 'right', 3],
    [9, 'right', 9],
    [1, 'up', 1],
    [4, 'up', 1],
    [5, 'down', 8],
    [7, 'down', 9],
    [9, 'down', 9],
    [4, 'start', 0],
    [4, 'end', 9],
    [1, 'page-down', 7],
    [8, 'page-up', 2],
  ] as const)('%i %s → %i', (from, move, to) => {
    expect(layout.columns).toBe(3);
    expect(moveCursor(layout, from, move, 2)).toBe(to);
  });

  it('has nowhere to go in an empty grid', () => {
    expect(moveCursor(gridLayout(0, 400, 112), -1, 'right')).toBe(-1);
  });
});

describe('scrollToTile', () => {
  it('does not move when the tile shows already', () => {
    const layout = gridLayout(1000, 1000, 112);
    expect(scrollToTile(layout, 20, 100, 900)).toBe(100);
  });

  it('always ends with the whole tile in view', () => {
    fc.assert(
      fc.property(layouts, fc.nat(), fc.nat(), (layout, any, from) => {
        const viewport = 700;
        const index = any % layout.count;
        const scrollTop = scrollToTile(layout, index, from % (layout.height + 1), viewport);
        const { top, height } = tileRect(layout, index);
        expect(top).toBeGreaterThanOrEqual(scrollTop);
        expect(top + height).toBeLessThanOrEqual(scrollTop + viewport);
      }),
    );
  });
});
