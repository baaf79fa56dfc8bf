import { describe, expect, it } from 'vitest';
import { between, moved, zoomed } from '../../../src/renderer/ui/charts/view.ts';

const whole = { min: 0, max: 100 };

describe('the shown part of an axis', () => {
  it('zooms around a place, down to two epochs, and back to the whole', () => {
    expect(zoomed(whole, whole, 50, 0.5)).toEqual({ min: 25, max: 75 });
    expect(zoomed(whole, whole, 0, 0.5)).toEqual({ min: 0, max: 50 });
    expect(zoomed({ min: 10, max: 13 }, whole, 10, 0.1)).toEqual({ min: 10, max: 12 });
    expect(zoomed({ min: 25, max: 75 }, whole, 50, 2)).toBeNull();
  });

  it('moves no further than its ends', () => {
    expect(moved({ min: 10, max: 20 }, whole, 5)).toEqual({ min: 15, max: 25 });
    expect(moved({ min: 10, max: 20 }, whole, -50)).toEqual({ min: 0, max: 10 });
    expect(moved({ min: 10, max: 20 }, whole, 500)).toEqual({ min: 90, max: 100 });
  });

  it('is what was dragged over, in either direction; a click is nothing', () => {
    expect(between(30, 10, whole)).toEqual({ min: 10, max: 30 });
    expect(between(30, 30.4, whole)).toBeNull();
    expect(between(99, 100, whole)).toEqual({ min: 98, max: 100 });
  });
});
