import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cellAt,
  cellStrength,
  layoutMatrix,
  moveCell,
  rowTotals,
} from '../../../src/renderer/ui/charts/matrix.ts';

describe('layout', () => {
  it('shows names and numbers of ten classes', () => {
    const layout = layoutMatrix(10, 640, 600, 80, 24);
    expect(layout.numbers).toBe(true);
    expect(layout.labelEvery).toBe(1);
    expect(Number.isInteger(layout.cell)).toBe(true);
  });

  it('fits two hundred classes by leaving names out', () => {
    const layout = layoutMatrix(200, 640, 600, 140, 18);
    expect(layout.numbers).toBe(false);
    expect(layout.labelEvery * layout.cell).toBeGreaterThanOrEqual(14);
    expect(layout.columnEvery).toBeGreaterThan(layout.labelEvery);
    expect(layout.cell).toBeGreaterThan(1);
  });

  it('stays inside the box and finds its own cells', () => {
    const size = fc.integer({ min: 300, max: 3000 });
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 200 }),
        size,
        size,
        fc.integer({ min: 5, max: 400 }),
        (n, w, h, name) => {
          const layout = layoutMatrix(n, w, h, name, 20);
          expect(layout.left + layout.field).toBeLessThanOrEqual(w + 1e-6);
          expect(layout.top + layout.field).toBeLessThanOrEqual(h + 1e-6);
          const middle = (index: number) => (index + 0.5) * layout.cell;
          expect(cellAt(layout, layout.left + middle(n - 1), layout.top + middle(1))).toEqual({
            row: 1,
            column: n - 1,
          });
          expect(cellAt(layout, layout.left - 1, layout.top + 1)).toBeNull();
          expect(cellAt(layout, layout.left + layout.field + 1, layout.top + 1)).toBeNull();
        },
      ),
    );
  });
});

describe('keys', () => {
  it('walks and stops at the edges', () => {
    expect(moveCell({ row: 0, column: 0 }, 'ArrowUp', 3)).toEqual({ row: 0, column: 0 });
    expect(moveCell({ row: 0, column: 0 }, 'ArrowDown', 3)).toEqual({ row: 1, column: 0 });
    expect(moveCell({ row: 1, column: 1 }, 'End', 3)).toEqual({ row: 1, column: 2 });
    expect(moveCell({ row: 1, column: 1 }, 'End', 3, true)).toEqual({ row: 2, column: 2 });
    expect(moveCell({ row: 1, column: 1 }, 'x', 3)).toBeNull();
  });
});

describe('strength', () => {
  const counts = [
    [90, 10, 0],
    [1, 199, 0],
    [0, 0, 0],
  ];
  const totals = rowTotals(counts);

  it('scales right and wrong answers on their own', () => {
    const strength = cellStrength(counts, totals, 'counts');
    expect(strength({ row: 1, column: 1 })).toBe(1);
    expect(strength({ row: 0, column: 1 })).toBe(1);
    expect(strength({ row: 1, column: 0 })).toBeGreaterThan(0.3);
    expect(strength({ row: 2, column: 0 })).toBe(0);
  });

  it('compares within rows when normalised', () => {
    const strength = cellStrength(counts, totals, 'rows');
    expect(strength({ row: 0, column: 0 })).toBeLessThan(strength({ row: 1, column: 1 }));
    expect(strength({ row: 2, column: 2 })).toBe(0);
  });
});
