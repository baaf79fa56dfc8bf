import { describe, expect, it } from 'vitest';
import {
  fitted,
  insideOf,
  nearestTo,
  withinCircle,
} from '../../../src/renderer/state/inspect/plane.ts';

const square = Float32Array.of(0.1, 0.1, 0.9, 0.1, 0.9, 0.9, 0.1, 0.9, 0.5, 0.5);

describe('points of a plane', () => {
  it('fit into a square without being stretched', () => {
    const found = fitted(Float32Array.of(-2, 10, 2, 10, 0, 12));
    expect([...found]).toEqual([0, 0.25, 1, 0.25, 0.5, 0.75]);
    expect([...fitted(Float32Array.of(3, 3))]).toEqual([0.5, 0.5]);
  });

  it('are found inside a line, whichever way it goes round', () => {
    const line = [
      { x: 0, y: 0 },
      { x: 1, y: 0 },
      { x: 1, y: 0.6 },
      { x: 0.4, y: 0.6 },
      { x: 0, y: 0.2 },
    ];
    expect(insideOf(square, line)).toEqual([0, 1, 4]);
    expect(insideOf(square, line.toReversed())).toEqual([0, 1, 4]);
    expect(insideOf(square, [])).toEqual([]);
  });

  it('are not found in the bay of a hollow line', () => {
    const u = [
      { x: 0, y: 0 },
      { x: 0.2, y: 0 },
      { x: 0.2, y: 0.8 },
      { x: 0.8, y: 0.8 },
      { x: 0.8, y: 0 },
      { x: 1, y: 0 },
      { x: 1, y: 1 },
      { x: 0, y: 1 },
    ];
    expect(insideOf(square, u)).toEqual([0, 1, 2, 3]);
  });

  it('are found near a place', () => {
    expect(withinCircle(square, { x: 0.5, y: 0.1 }, 0.41)).toEqual([0, 1, 4]);
    expect(nearestTo(square, { x: 0.52, y: 0.5 }, 0.1)).toBe(4);
    expect(nearestTo(square, { x: 0.3, y: 0.5 }, 0.1)).toBeNull();
  });
});
