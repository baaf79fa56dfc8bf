import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  balancedAccuracyInterval,
  classIntervals,
  plusMinus,
  shareInterval,
  spread,
} from '#shared/intervals.ts';
import { balancedAccuracy, classScores, wilsonInterval } from '#shared/metrics.ts';

const square = (size: number) =>
  fc.array(fc.array(fc.nat(30), { minLength: size, maxLength: size }), {
    minLength: size,
    maxLength: size,
  });

/** A seeded generator: the simulation below says the same each time. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('intervals', () => {
  it('are said as half their width in points', () => {
    expect(plusMinus(shareInterval(10 / 12, 12))).toBe('±20 points');
    expect(plusMinus(shareInterval(0.7924, 10_000))).toBe('±0.8 points');
    expect(spread([0.4, 0.8])).toBe('±20');
    expect(spread([0.5, 0.5])).toBe('±0.0');
  });

  it('take the count that a share stands for', () => {
    expect(shareInterval(0.85, 20)).toEqual(wilsonInterval(17, 20));
    // A mean of floats that is a hair beside 17 of 20.
    expect(shareInterval(0.8499999, 20)).toEqual(wilsonInterval(17, 20));
    expect(shareInterval(0, 0)).toEqual([0, 1]);
  });

  it('hold the scores they belong to, whatever the matrix', () => {
    fc.assert(
      fc.property(square(4), (matrix) => {
        const intervals = classIntervals(matrix);
        classScores(matrix).forEach((scores, index) => {
          for (const name of ['precision', 'recall', 'f1'] as const) {
            const [low, high] = intervals[index]![name];
            expect(low).toBeLessThanOrEqual(scores[name]);
            expect(high).toBeGreaterThanOrEqual(scores[name]);
            expect(low).toBeGreaterThanOrEqual(0);
            expect(high).toBeLessThanOrEqual(1);
          }
        });
        const [low, high] = balancedAccuracyInterval(matrix);
        expect(low).toBeLessThanOrEqual(balancedAccuracy(matrix) + 1e-12);
        expect(high).toBeGreaterThanOrEqual(balancedAccuracy(matrix) - 1e-12);
      }),
    );
  });

  it('of one class are the Wilson interval of its recall', () => {
    expect(balancedAccuracyInterval([[7]])).toEqual(wilsonInterval(7, 7));
    const matrix = [
      [8, 2],
      [0, 0],
    ];
    const [low, high] = balancedAccuracyInterval(matrix);
    expect(low).toBeCloseTo(wilsonInterval(8, 10)[0], 12);
    expect(high).toBeCloseTo(wilsonInterval(8, 10)[1], 12);
  });

  it('of the balanced accuracy and of F1 hold the truth about 19 times out of 20', () => {
    // Three classes of 12, 25 and 8 images; what a class's images are taken for.
    const sizes = [12, 25, 8];
    const chances = [
      [0.7, 0.2, 0.1],
      [0.15, 0.8, 0.05],
      [0.3, 0.2, 0.5],
    ];
    const expected = chances.map((row, truth) => row.map((chance) => chance * sizes[truth]!));
    const truth = { balanced: balancedAccuracy(expected), f1: classScores(expected)[0]!.f1 };
    const random = uniform(7);
    const rounds = 4000;
    const held = { balanced: 0, f1: 0 };
    for (let round = 0; round < rounds; round++) {
      const matrix = chances.map((row, index) => {
        const counts = [0, 0, 0];
        for (let image = 0; image < sizes[index]!; image++) {
          const drawn = random();
          counts[drawn < row[0]! ? 0 : drawn < row[0]! + row[1]! ? 1 : 2]! += 1;
        }
        return counts;
      });
      const balanced = balancedAccuracyInterval(matrix);
      if (balanced[0] <= truth.balanced && truth.balanced <= balanced[1]) held.balanced++;
      const { f1 } = classIntervals(matrix)[0]!;
      if (f1[0] <= truth.f1 && truth.f1 <= f1[1]) held.f1++;
    }
    expect(held.balanced / rounds).toBeGreaterThan(0.93);
    expect(held.f1 / rounds).toBeGreaterThan(0.93);
  });
});
