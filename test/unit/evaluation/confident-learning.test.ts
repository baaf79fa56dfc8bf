import { describe, expect, it } from 'vitest';
import { labelIssues } from '#core/evaluation/confident-learning.ts';
import { pairedInterval } from '#shared/intervals.ts';

describe('confident learning', () => {
  it('finds labels that the answers are confidently against, the worst first', () => {
    const truth = [0, 0, 0, 1, 1, 1];
    const probabilities = [
      [0.9, 0.1],
      [0.8, 0.2],
      [0.05, 0.95],
      [0.1, 0.9],
      [0.2, 0.8],
      [0.75, 0.25],
    ].flat();
    // Mean p(0) of label 0 is 0.583, mean p(1) of label 1 is 0.65.
    const issues = labelIssues(truth, probabilities, 2);
    expect(issues.map(({ row, suggested }) => [row, suggested])).toEqual([
      [2, 1],
      [5, 0],
    ]);
    expect(issues[0]!.margin).toBeCloseTo(-0.9, 12);
  });

  it('leaves alone what is only unsure', () => {
    // The model leans the other way in row 1, but less than such images usually do.
    const probabilities = [0.9, 0.1, 0.45, 0.55, 0.1, 0.9, 0.05, 0.95];
    expect(labelIssues([0, 0, 1, 1], probabilities, 2)).toEqual([]);
  });

  it('knows no class that no image is labeled as', () => {
    expect(labelIssues([0, 0], [0.1, 0.9, 0.2, 0.8], 2)).toEqual([]);
  });
});

describe('the interval of a paired difference', () => {
  it('is that of Agresti and Min, and holds 0 when nothing differs', () => {
    const [low, high] = pairedInterval(8, 2, 100);
    // (8 − 2) / 102 ± 1.96 · √((11 / 102 − (6 / 102)²) / 102)
    expect(low).toBeCloseTo(-0.00389, 4);
    expect(high).toBeCloseTo(0.12154, 4);
    const [below, above] = pairedInterval(0, 0, 50);
    expect(below).toBeCloseTo(-above, 12);
    expect(pairedInterval(0, 0, 0)).toEqual([-1, 1]);
  });
});
