import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdOut, holdOutCounts } from '#core/runs/hold-out.ts';

describe('holdOutCounts', () => {
  it('takes the share of each class, and of all', () => {
    expect(holdOutCounts([100, 50, 10], 0.2)).toEqual([20, 10, 2]);
    // 0.6 + 0.6 + 0.6 + 0.6 + 0.6 = 3 of 15, by the largest remainders.
    expect(holdOutCounts([3, 3, 3, 3, 3], 0.2)).toEqual([1, 1, 1, 0, 0]);
  });

  it('never takes the last image of a class', () => {
    expect(holdOutCounts([1, 1, 8], 0.5)).toEqual([0, 0, 5]);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (sizes, fraction) => {
          const counts = holdOutCounts(sizes, fraction);
          counts.forEach((count, index) => {
            expect(count).toBeLessThan(sizes[index]!);
            expect(Math.abs(count - sizes[index]! * fraction)).toBeLessThanOrEqual(1);
          });
        },
      ),
    );
  });
});

describe('holdOut', () => {
  const classes = Array.from({ length: 500 }, (_, index) => index % 7);

  it('is the same for the same seed and another for another', () => {
    const one = [...holdOut(classes, 0.2, 1)].sort();
    expect([...holdOut(classes, 0.2, 1)].sort()).toEqual(one);
    expect([...holdOut(classes, 0.2, 2)].sort()).not.toEqual(one);
    expect(one).toHaveLength(100);
  });

  it('holds out each class alike', () => {
    const perClass = new Array<number>(7).fill(0);
    for (const position of holdOut(classes, 0.2, 3)) perClass[classes[position]!]! += 1;
    expect(Math.min(...perClass)).toBeGreaterThanOrEqual(14);
    expect(Math.max(...perClass)).toBeLessThanOrEqual(15);
  });
});
