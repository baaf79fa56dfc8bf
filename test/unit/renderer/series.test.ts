import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accuracyRange,
  GrowingLine,
  lossRange,
  markRows,
  nearest,
  roundUp,
  sparkPath,
  spreadLabels,
  type Series,
} from '../../../src/renderer/ui/charts/series.ts';

const series = (ys: number[], style: Series['style'] = 'line'): Series => ({
  id: style,
  label: style,
  color: '--series-1',
  style,
  points: ys.map((y, x) => ({ x, y })),
});

describe('a growing line', () => {
  it('stays at a constant from its first point on', () => {
    const line = new GrowingLine(0.2);
    for (let x = 0.1; x < 3; x += 0.1) line.push(x, 0.7);
    expect(line.points.every((point) => Math.abs(point.y - 0.7) < 1e-9)).toBe(true);
  });

  it('follows a step, smoothly', () => {
    const line = new GrowingLine(0.5);
    for (let x = 0; x < 1; x += 0.05) line.push(x, 1);
    for (let x = 1; x < 4; x += 0.05) line.push(x, 0);
    const after = line.points.filter((point) => point.x > 1).map((point) => point.y);
    expect(after[0]).toBeGreaterThan(0.75);
    expect(after.at(-1)).toBeLessThan(0.01);
    expect(after.every((y, index) => index === 0 || y < after[index - 1]!)).toBe(true);
  });

  it('keeps its size bounded, its end exact and its range inside the values', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 5, noNaN: true }), { minLength: 1 }), (ys) => {
        const line = new GrowingLine(3, 16);
        ys.forEach((y, x) => line.push(x, y));
        expect(line.points.length).toBeLessThanOrEqual(16);
        expect(line.points.at(-1)?.x).toBe(ys.length - 1);
        for (const point of line.points) {
          expect(point.y).toBeGreaterThanOrEqual(Math.min(...ys) - 1e-9);
          expect(point.y).toBeLessThanOrEqual(Math.max(...ys) + 1e-9);
        }
      }),
    );
  });

  it('ignores repeated steps and broken numbers', () => {
    const line = new GrowingLine(1);
    line.push(1, 1);
    line.push(1, 5);
    line.push(2, Number.NaN);
    expect(line.points).toHaveLength(1);
  });
});

describe('ranges', () => {
  it('shows accuracy from a round value below its lowest up to 1', () => {
    expect(accuracyRange([series([0.93, 0.97])])).toEqual({ min: 0.8, max: 1 });
    expect(accuracyRange([series([0.51, 0.97])])).toEqual({ min: 0.4, max: 1 });
    expect(accuracyRange([series([0.05])])).toEqual({ min: 0, max: 1 });
    expect(accuracyRange([])).toEqual({ min: 0.8, max: 1 });
  });

  it('lets the first batches run out of the loss frame', () => {
    const range = lossRange([series([0.9, 0.5]), series([40, 2], 'faint')]);
    expect(range.min).toBe(0);
    expect(range.max).toBe(1);
    expect(lossRange([series([40, 2], 'faint')]).max).toBe(50);
    expect([2.19, 0.83, 0.031, 9.9].map(roundUp)).toEqual([2.5, 1, 0.04, 10]);
    expect(lossRange([series([Number.NaN])])).toEqual({ min: 0, max: 1 });
  });
});

describe('labels at line ends', () => {
  it('keeps them apart, inside and in order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { maxLength: 8 }),
        (ys) => {
          const places = spreadLabels(ys, 14, 0, 200);
          const sorted = places.toSorted((a, b) => a - b);
          for (let i = 1; i < sorted.length; i++) {
            expect(sorted[i]! - sorted[i - 1]!).toBeGreaterThanOrEqual(14 - 1e-9);
          }
          for (const place of places) expect(place).toBeLessThanOrEqual(200);
          const order = (list: number[]) =>
            list.map((_, i) => i).sort((a, b) => list[a]! - list[b]!);
          expect(order(places)).toEqual(order(ys));
        },
      ),
    );
  });

  it('leaves labels alone that have room', () => {
    expect(spreadLabels([150, 20], 14, 0, 200)).toEqual([150, 20]);
  });
});

describe('small helpers', () => {
  it('finds the nearest point', () => {
    const { points } = series([3, 2, 1]);
    expect(nearest(points, 1.2)).toEqual({ x: 1, y: 2 });
    expect(nearest(points, 99)).toEqual({ x: 2, y: 1 });
    expect(nearest([], 1)).toBeNull();
  });

  it('draws a sparkline inside its box', () => {
    expect(sparkPath([], 40, 16, { min: 0, max: 1 })).toBe('');
    expect(
      sparkPath(
        [
          { x: 1, y: 0 },
          { x: 2, y: 1 },
        ],
        40,
        16,
        { min: 0, max: 1 },
      ),
    ).toBe('M1.0 15.0L39.0 1.0');
  });
});

describe('the words of marks', () => {
  it('share a row where they fit, and say nothing where no row is free', () => {
    const at = (from: number) => ({ from, to: from + 50 });
    expect(markRows([at(0), at(200), at(20), at(30), at(40)])).toEqual([0, 0, 1, 2, null]);
    expect(markRows([at(0), at(54)], 2)).toEqual([0, 1]);
    expect(markRows([at(0), at(56)], 2)).toEqual([0, 0]);
  });
});
