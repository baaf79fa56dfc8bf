import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fit, fitScale, keepInside, zoomAt } from '../../../src/renderer/state/zoom.ts';

const viewport = { width: 800, height: 600 };

describe('fitScale', () => {
  it('shrinks a large picture to fit', () => {
    expect(fitScale({ width: 4000, height: 1000 }, viewport)).toBeCloseTo(752 / 4000);
  });

  it('enlarges a small one by a whole number, at most 16', () => {
    expect(fitScale({ width: 100, height: 100 }, viewport)).toBe(5);
    expect(fitScale({ width: 28, height: 28 }, viewport)).toBe(16);
  });

  it('does not enlarge one that just fits', () => {
    expect(fitScale({ width: 700, height: 500 }, viewport)).toBe(1);
  });
});

describe('zoomAt', () => {
  it('keeps the point under the pointer where it is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -200, max: 200 }),
        fc.integer({ min: -200, max: 200 }),
        fc.double({ min: 1.05, max: 2, noNaN: true }),
        (x, y, factor) => {
          const picture = { width: 1000, height: 800 };
          const before = { scale: 1, x: 0, y: 0 };
          const after = zoomAt(before, factor, { x, y }, picture, viewport);
          expect((x - after.x) / after.scale).toBeCloseTo((x - before.x) / before.scale);
          expect((y - after.y) / after.scale).toBeCloseTo((y - before.y) / before.scale);
        },
      ),
    );
  });

  it('stops at 64 times, and at half the fitting size', () => {
    const picture = { width: 1000, height: 1000 };
    const start = fit(picture, viewport);
    expect(zoomAt(start, 1e6, { x: 0, y: 0 }, picture, viewport).scale).toBe(64);
    expect(zoomAt(start, 1e-6, { x: 0, y: 0 }, picture, viewport).scale).toBeCloseTo(
      start.scale / 2,
    );
  });
});

describe('keepInside', () => {
  it('never loses the picture', () => {
    const { x, y } = keepInside(
      { scale: 1, x: 1e6, y: -1e6 },
      { width: 100, height: 100 },
      viewport,
    );
    expect(x - 50).toBeLessThan(viewport.width / 2);
    expect(y + 50).toBeGreaterThan(-viewport.height / 2);
  });
});
